package credential

import "surveyflow/models"

// Preset fills in the form of an OAuth credential for a provider. What stands in {braces} its owner replaces.
type Preset struct {
	ID                    string // in addresses and message keys
	Name                  string
	TokenEndpoint         string
	AuthorizationEndpoint string
	Scopes                string
	ClientAuthentication  models.ClientAuthentication
	AuthorizationParams   map[string]string
	AllowedHosts          []string
	Help                  string // message key of what to know of this provider
}

// Presets lists the providers that the form knows, each from its own documents.
var Presets = []Preset{
	{
		ID: "google", Name: "Google", TokenEndpoint: "https://oauth2.googleapis.com/token",
		AuthorizationEndpoint: "https://accounts.google.com/o/oauth2/v2/auth", Scopes: "https://www.googleapis.com/auth/spreadsheets",
		ClientAuthentication: models.ClientAuthBody, AuthorizationParams: map[string]string{"access_type": "offline", "prompt": "consent"},
		AllowedHosts: []string{"*.googleapis.com"}, Help: "credential.preset.google.help",
	},
	{
		ID: "microsoft", Name: "Microsoft", TokenEndpoint: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
		AuthorizationEndpoint: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize", Scopes: "offline_access User.Read",
		ClientAuthentication: models.ClientAuthBody, AllowedHosts: []string{"graph.microsoft.com"}, Help: "credential.preset.microsoft.help",
	},
	{
		ID: "salesforce", Name: "Salesforce", TokenEndpoint: "https://login.salesforce.com/services/oauth2/token",
		AuthorizationEndpoint: "https://login.salesforce.com/services/oauth2/authorize", Scopes: "api refresh_token",
		ClientAuthentication: models.ClientAuthBody, AllowedHosts: []string{"*.salesforce.com"}, Help: "credential.preset.salesforce.help",
	},
	{
		ID: "jira", Name: "Jira", TokenEndpoint: "https://auth.atlassian.com/oauth/token",
		AuthorizationEndpoint: "https://auth.atlassian.com/authorize", Scopes: "read:jira-work write:jira-work offline_access",
		ClientAuthentication: models.ClientAuthBody, AuthorizationParams: map[string]string{"audience": "api.atlassian.com", "prompt": "consent"},
		AllowedHosts: []string{"api.atlassian.com"}, Help: "credential.preset.jira.help",
	},
	{
		ID: "zoom", Name: "Zoom", TokenEndpoint: "https://zoom.us/oauth/token", AuthorizationEndpoint: "https://zoom.us/oauth/authorize",
		ClientAuthentication: models.ClientAuthHeader, AllowedHosts: []string{"api.zoom.us"}, Help: "credential.preset.zoom.help",
	},
}

// PresetOf finds a preset; false when there is none of that id.
func PresetOf(id string) (Preset, bool) {
	for _, p := range Presets {
		if p.ID == id {
			return p, true
		}
	}
	return Preset{}, false
}
