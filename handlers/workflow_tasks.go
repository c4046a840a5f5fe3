package handlers

import (
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

func (h *workflows) addTask(c echo.Context) error {
	f, err := readDraft(c)
	if err != nil {
		return err
	}
	e, err := h.open(c)
	if err != nil {
		return err
	}
	kind := models.TaskType(f.Get("type"))
	if !slices.Contains(models.TaskTypes, kind) {
		return &models.Error{Code: models.CodeInvalid, Key: "error.bad_request"}
	}
	def := e.workflow.Draft.V
	position, err := strconv.Atoi(f.Get("position"))
	if err != nil || position < 0 || position > len(def.Tasks) {
		position = len(def.Tasks)
	}
	added := models.TaskSpec{ID: models.NewID(models.PrefixTask), Type: kind, OnFailure: models.FailureContinue, Config: firstConfig(kind)}
	def.Tasks = slices.Insert(slices.Clone(def.Tasks), position, added)
	if err := h.save(c, e, def, f.revision); err != nil {
		return h.conflict(c, e, f, frame.EditAdd+strconv.Itoa(position), err, nil)
	}
	return web.Redirect(c, frame.EditorPath(e.workflow.ID, frame.EditTask+added.ID))
}

// moveTask changes the place of a task: one up or down, or to the place with that number, counted from 0.
func (h *workflows) moveTask(c echo.Context) error {
	return h.changeTasks(c, func(f draftForm, tasks []models.TaskSpec, i int) ([]models.TaskSpec, string, error) {
		var j int
		switch to := f.Get("to"); to {
		case "up":
			j = i - 1
		case "down":
			j = i + 1
		default:
			n, err := strconv.Atoi(to)
			if err != nil {
				return nil, "", &models.Error{Code: models.CodeInvalid, Key: "error.bad_request"}
			}
			j = n
		}
		moved := tasks[i]
		tasks = slices.Insert(slices.Delete(tasks, i, i+1), max(0, min(j, len(tasks)-1)), moved)
		if f.Has("edit") { // what the panel showed stays
			return tasks, f.Get("edit"), nil
		}
		return tasks, frame.EditTask + moved.ID, nil
	})
}

// duplicateTask puts a copy of a task after it.
func (h *workflows) duplicateTask(c echo.Context) error {
	return h.changeTasks(c, func(_ draftForm, tasks []models.TaskSpec, i int) ([]models.TaskSpec, string, error) {
		double := tasks[i]
		double.ID = models.NewID(models.PrefixTask)
		if double.Summary != "" {
			double.Summary = cutRunes(i18n.T(c.Request().Context(), "task.copy_of", "Name", double.Summary), 200)
		}
		return slices.Insert(tasks, i+1, double), frame.EditTask + double.ID, nil
	})
}

// deleteTask removes a task from the draft, with a way to undo that.
func (h *workflows) deleteTask(c echo.Context) error {
	return h.changeTasks(c, func(_ draftForm, tasks []models.TaskSpec, i int) ([]models.TaskSpec, string, error) {
		ctx, id := c.Request().Context(), c.Param("workflowID")
		if err := h.store.KeepRemovedTask(ctx, web.Actor(c), id, i, tasks[i]); err != nil {
			return nil, "", err
		}
		web.Flash(c, components.Flash{
			Tone: components.ToneOK, Text: i18n.T(ctx, "task.deleted", "Name", workflowpages.TaskTitle(ctx, tasks[i])),
			Action: link.TaskRestore(id, tasks[i].ID), Label: i18n.T(ctx, "task.undo"),
		})
		return slices.Delete(tasks, i, i+1), "", nil
	})
}

// restoreTask puts a removed task back to its place.
func (h *workflows) restoreTask(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	e, err := h.open(c)
	if err != nil {
		return err
	}
	removed, err := h.store.RemovedTask(ctx, actor, e.workflow.ID, c.Param("taskID"))
	if err != nil {
		return err
	}
	def := e.workflow.Draft.V
	edit := frame.EditTask + removed.TaskID
	if taskIndex(def.Tasks, removed.TaskID) >= 0 { // pressed twice
		return web.Redirect(c, frame.EditorPath(e.workflow.ID, edit))
	}
	def.Tasks = slices.Insert(slices.Clone(def.Tasks), min(removed.Position, len(def.Tasks)), removed.Spec.V)
	if err := h.save(c, e, def, e.workflow.DraftRev); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "task.restored", "Name", workflowpages.TaskTitle(ctx, removed.Spec.V)))
	return web.Redirect(c, frame.EditorPath(e.workflow.ID, edit))
}

// changeTasks saves another list of tasks; change also says what the panel shows then.
func (h *workflows) changeTasks(c echo.Context, change func(f draftForm, tasks []models.TaskSpec, i int) ([]models.TaskSpec, string, error)) error {
	f, err := readDraft(c)
	if err != nil {
		return err
	}
	e, err := h.open(c)
	if err != nil {
		return err
	}
	def := e.workflow.Draft.V
	i := taskIndex(def.Tasks, c.Param("taskID"))
	if i < 0 {
		return models.NotFound("error.not_found")
	}
	if f.revision != e.workflow.DraftRev {
		return h.conflict(c, e, f, frame.EditTask+c.Param("taskID"), models.Conflict("workflow.error.changed", nil), nil)
	}
	tasks, edit, err := change(f, slices.Clone(def.Tasks), i)
	if err != nil {
		return err
	}
	def.Tasks = tasks
	if err := h.save(c, e, def, f.revision); err != nil {
		return h.conflict(c, e, f, frame.EditTask+c.Param("taskID"), err, nil)
	}
	return web.Redirect(c, frame.EditorPath(e.workflow.ID, edit))
}
