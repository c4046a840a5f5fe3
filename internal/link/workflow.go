package link

// Workflows returns the path of the list of workflows (POST creates one).
func Workflows() string { return PatternWorkflows }

// WorkflowNew returns the path of the form for a new workflow.
func WorkflowNew() string { return PatternWorkflowNew }

// Workflow returns the path of a workflow's editor (POST saves its name).
func Workflow(workflowID string) string { return fill(PatternWorkflow, workflowID) }

// WorkflowEvent returns the path of a workflow's event (POST saves it).
func WorkflowEvent(workflowID string) string { return fill(PatternWorkflowEvent, workflowID) }

// WorkflowCondition returns the path of a workflow's condition (POST saves it).
func WorkflowCondition(workflowID string) string { return fill(PatternWorkflowCondition, workflowID) }

// Tasks returns the path of a workflow's tasks (POST adds one).
func Tasks(workflowID string) string { return fill(PatternTasks, workflowID) }

// Task returns the path of one task in the editor (POST saves it).
func Task(workflowID, taskID string) string { return fill(PatternTask, workflowID, taskID) }

// TaskMove returns the path that moves a task (POST).
func TaskMove(workflowID, taskID string) string { return fill(PatternTaskMove, workflowID, taskID) }

// TaskDelete returns the path that removes a task (POST).
func TaskDelete(workflowID, taskID string) string { return fill(PatternTaskDelete, workflowID, taskID) }

// TaskTest returns the path that runs a task for a test (POST).
func TaskTest(workflowID, taskID string) string { return fill(PatternTaskTest, workflowID, taskID) }

// WorkflowPutLive returns the path that puts a workflow's draft live (POST).
func WorkflowPutLive(workflowID string) string { return fill(PatternWorkflowPutLive, workflowID) }

// WorkflowDiscard returns the path that drops what is not yet live (POST).
func WorkflowDiscard(workflowID string) string { return fill(PatternWorkflowDiscard, workflowID) }

// WorkflowEnable returns the path that turns a workflow on (POST).
func WorkflowEnable(workflowID string) string { return fill(PatternWorkflowEnable, workflowID) }

// WorkflowDisable returns the path that turns a workflow off (POST).
func WorkflowDisable(workflowID string) string { return fill(PatternWorkflowDisable, workflowID) }

// WorkflowTest returns the path that runs a whole workflow for a test (POST).
func WorkflowTest(workflowID string) string { return fill(PatternWorkflowTest, workflowID) }

// WorkflowDelete returns the path that deletes a workflow (POST).
func WorkflowDelete(workflowID string) string { return fill(PatternWorkflowDelete, workflowID) }

// WorkflowRuns returns the path of the runs of one workflow.
func WorkflowRuns(workflowID string) string { return fill(PatternWorkflowRuns, workflowID) }

// Runs returns the path of the run history.
func Runs() string { return PatternRuns }

// RunsReplay returns the path that replays several runs (POST).
func RunsReplay() string { return PatternRunsReplay }

// RunsCancel returns the path that cancels several scheduled runs (POST).
func RunsCancel() string { return PatternRunsCancel }

// Run returns the path of one run.
func Run(runID string) string { return fill(PatternRun, runID) }

// RunReplay returns the path that replays a run (POST).
func RunReplay(runID string) string { return fill(PatternRunReplay, runID) }

// RunCancel returns the path that cancels a scheduled run (POST).
func RunCancel(runID string) string { return fill(PatternRunCancel, runID) }

// RunPlay returns the path that starts a scheduled run now (POST).
func RunPlay(runID string) string { return fill(PatternRunPlay, runID) }

// Receivers returns the path of the list of request receivers (POST makes one).
func Receivers() string { return PatternReceivers }

// ReceiverNew returns the path of the form for a new receiver.
func ReceiverNew() string { return PatternReceiverNew }

// Receiver returns the path of one receiver with its requests (POST saves its answer).
func Receiver(receiverID string) string { return fill(PatternReceiver, receiverID) }

// ReceiverRequests returns the path of the list of a receiver's requests alone, which the page refreshes.
func ReceiverRequests(receiverID string) string { return fill(PatternReceiverRequests, receiverID) }

// ReceiverRequest returns the path of one recorded request.
func ReceiverRequest(receiverID, requestID string) string {
	return fill(PatternReceiverRequest, receiverID, requestID)
}

// ReceiverClear returns the path that forgets a receiver's requests (POST).
func ReceiverClear(receiverID string) string { return fill(PatternReceiverClear, receiverID) }

// ReceiverDelete returns the path that deletes a receiver (POST).
func ReceiverDelete(receiverID string) string { return fill(PatternReceiverDelete, receiverID) }
