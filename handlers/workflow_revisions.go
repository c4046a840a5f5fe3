package handlers

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// shownRevisions is how many versions of a workflow its page lists.
const shownRevisions = 100

// revisions lists what was put live, and shows one of them beside another.
func (h *workflows) revisions(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	e, err := h.open(c)
	if err != nil {
		return err
	}
	all, err := h.store.WorkflowVersions(ctx, actor, e.workflow.ID, shownRevisions)
	if err != nil {
		return err
	}
	p := workflowpages.RevisionsProps{Head: headOf(e.workflow), Revision: e.workflow.DraftRev}
	if e.survey != nil {
		p.Head.SurveyName = e.survey.Name
	}
	for i, v := range all {
		r := workflowpages.Revision{Version: v.Version, At: v.SavedAt, By: v.SavedByName, Live: v.Version == e.workflow.Version, First: v.Version == 1}
		if i+1 < len(all) {
			r.Changes = changes(ctx, &all[i+1].Definition.V, &all[i].Definition.V)
		}
		p.Items = append(p.Items, r)
	}
	if err := fillRevision(ctx, e, all, web.Query(c, "look"), web.Query(c, "against"), &p); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, workflowpages.Revisions(p))
}

// fillRevision shows one version in full, and what is different in another one or in the draft.
func fillRevision(ctx context.Context, e *editor, all []store.SavedVersion, look, against string, p *workflowpages.RevisionsProps) error {
	find := func(text string) *store.SavedVersion {
		i := slices.IndexFunc(all, func(v store.SavedVersion) bool { return strconv.Itoa(v.Version) == text })
		if i < 0 {
			return nil
		}
		return &all[i]
	}
	shown := find(look)
	if shown == nil {
		return nil
	}
	def := shown.Definition.V
	text, err := revisionText(def)
	if err != nil {
		return err
	}
	p.Shown = &workflowpages.RevisionDetail{Version: shown.Version, Definition: def, Tokens: e.tokens, JSON: text, Against: against}
	other, name := &e.workflow.Draft.V, i18n.T(ctx, "workflow.revisions.draft")
	if v := find(against); v != nil {
		other, name = &v.Definition.V, i18n.T(ctx, "workflow.revisions.version", "Version", v.Version)
	}
	p.Shown.Other, p.Shown.Differences = name, changes(ctx, other, &def)
	old, err := revisionText(*other)
	if err != nil {
		return err
	}
	p.Shown.Lines = diffLines(strings.Split(old, "\n"), strings.Split(text, "\n"))
	p.Shown.Others = []components.Option{{Label: i18n.T(ctx, "workflow.revisions.draft")}}
	for _, v := range all {
		if v.Version != shown.Version {
			n := strconv.Itoa(v.Version)
			p.Shown.Others = append(p.Shown.Others, components.Option{Value: n, Label: i18n.T(ctx, "workflow.revisions.version", "Version", v.Version)})
		}
	}
	return nil
}

// revisionText gives a version as the JSON that people read: like the file of a workflow it is without secrets, also those that
// were typed into headers.
func revisionText(def models.WorkflowDefinition) (string, error) {
	file, _ := workflow.NewFile("", def, nil)
	def.Tasks = file.Tasks
	def.Notifications = models.Notifications{} // no part of a revision
	text, err := models.MarshalJSON(def)
	return components.Pretty(string(text)), err
}

// restore makes an earlier version the draft. Nothing runs differently until that is put live.
func (h *workflows) restore(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := readDraft(c)
	if err != nil {
		return err
	}
	e, err := h.open(c)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(c.Param("version"))
	if err != nil || version <= 0 {
		return models.NotFound("error.not_found")
	}
	v, err := h.store.WorkflowVersion(ctx, e.workflow.ID, version)
	if err != nil {
		return err
	}
	v.Definition.V.Notifications = e.workflow.Draft.V.Notifications // no part of a revision
	if err := h.save(c, e, v.Definition.V, f.revision); err != nil {
		return h.conflict(c, e, f, "", err, nil)
	}
	web.FlashOK(c, i18n.T(ctx, "workflow.revisions.restored", "Version", version))
	return web.Redirect(c, frame.EditorPath(e.workflow.ID, ""))
}
