package layout

import (
	"context"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/views/components"
)

// SettingsTab is one of the pages of the settings.
type SettingsTab string

// The pages of the settings.
const (
	SettingsTabOrganisation SettingsTab = "organisation"
	SettingsTabUsers        SettingsTab = "users"
	SettingsTabSecurity     SettingsTab = "security"
	SettingsTabMail         SettingsTab = "mail"
	SettingsTabAPI          SettingsTab = "api"
	SettingsTabAudit        SettingsTab = "audit"
)

// settingsPage is a page of the settings: who may see it is said by its route's guard, and here again so that nobody is
// offered what is refused.
type settingsPage struct {
	tab   SettingsTab
	label string
	href  string
	admin bool // for brand admins alone
}

// settingsPages lists the pages in the order in which they are shown: Organisation, Users, Security, Mail, API, Audit log.
func settingsPages(ctx context.Context) []settingsPage {
	return []settingsPage{
		{SettingsTabOrganisation, i18n.T(ctx, "layout.settings.organisation"), link.SettingsOrganisation(), true},
		{SettingsTabUsers, i18n.T(ctx, "layout.settings.users"), link.SettingsUsers(), true},
		{SettingsTabSecurity, i18n.T(ctx, "layout.settings.security"), link.SettingsSecurity(), true},
		{SettingsTabMail, i18n.T(ctx, "layout.settings.mail"), link.SettingsMail(), true},
		{SettingsTabAPI, i18n.T(ctx, "layout.settings.api"), link.SettingsAPI(), false},
		{SettingsTabAudit, i18n.T(ctx, "layout.settings.audit"), link.SettingsAudit(), true},
	}
}

// SettingsTabs returns the pages of the settings that the viewer may see, with one of them current.
func SettingsTabs(ctx context.Context, current SettingsTab) []components.Tab {
	var tabs []components.Tab
	for _, p := range settingsPages(ctx) {
		if !p.admin || ViewerOf(ctx).Admin {
			tabs = append(tabs, components.Tab{Label: p.label, Href: p.href, Current: p.tab == current})
		}
	}
	return tabs
}
