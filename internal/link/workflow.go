package link

// PatternWebhookNew is the wizard for an outbound webhook of a survey.
const PatternWebhookNew = "/surveys/:surveyID/webhooks/new"

// WebhookNew returns the path of the wizard for an outbound webhook (POST goes from page to page).
func WebhookNew(surveyID string) string { return fill(PatternWebhookNew, surveyID) }

// PatternTaskSecretRotate gives the webhooks of a task a new secret.
const PatternTaskSecretRotate = "/workflows/:workflowID/tasks/:taskID/secret"

// TaskSecretRotate returns the path that gives the webhooks of a task a new secret (POST).
func TaskSecretRotate(workflowID, taskID string) string {
	return fill(PatternTaskSecretRotate, workflowID, taskID)
}

// Workflows returns the path of the list of workflows (POST creates one).
func Workflows() string { return PatternWorkflows }

// WorkflowNew returns the path of the form for a new workflow.
func WorkflowNew() string { return PatternWorkflowNew }

// Workflow returns the path of a workflow's editor (POST saves its name).
func Workflow(workflowID string) string { return fill(PatternWorkflow, workflowID) }

// WorkflowEvent returns the path of a workflow's event (POST saves it).
func WorkflowEvent(workflowID string) string { return fill(PatternWorkflowEvent, workflowID) }

// WorkflowSample returns the path of what is known of the events of a workflow, which its form asks for again and again.
func WorkflowSample(workflowID string) string { return fill(PatternWorkflowSample, workflowID) }

// WorkflowToken returns the path that makes a token for a workflow's events alone (POST).
func WorkflowToken(workflowID string) string { return fill(PatternWorkflowToken, workflowID) }

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

// TaskCopy returns the path that duplicates a task (POST).
func TaskCopy(workflowID, taskID string) string { return fill(PatternTaskCopy, workflowID, taskID) }

// TaskCurl returns the path that fills a task from a curl command (POST).
func TaskCurl(workflowID, taskID string) string { return fill(PatternTaskCurl, workflowID, taskID) }

// TaskPreview returns the path that shows what a task would send (POST; it changes nothing).
func TaskPreview(workflowID, taskID string) string {
	return fill(PatternTaskPreview, workflowID, taskID)
}

// TaskRestore returns the path that puts a removed task back (POST).
func TaskRestore(workflowID, taskID string) string {
	return fill(PatternTaskRestore, workflowID, taskID)
}

// TaskFind returns the path that looks up a path in the last answer of a task (POST).
func TaskFind(workflowID, taskID string) string { return fill(PatternTaskFind, workflowID, taskID) }

// TaskCheck returns the path that reads the source of a code task (POST).
func TaskCheck(workflowID, taskID string) string { return fill(PatternTaskCheck, workflowID, taskID) }

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

// WorkflowSettings returns the path of a workflow's settings.
func WorkflowSettings(workflowID string) string { return fill(PatternWorkflowSettings, workflowID) }

// WorkflowNotify returns the path that saves who is told of a workflow's failed runs (POST).
func WorkflowNotify(workflowID string) string { return fill(PatternWorkflowNotify, workflowID) }

// WorkflowRevisions returns the path of what was live of a workflow.
func WorkflowRevisions(workflowID string) string { return fill(PatternWorkflowRevisions, workflowID) }

// WorkflowRestore returns the path that makes an earlier version the draft (POST).
func WorkflowRestore(workflowID, version string) string {
	return fill(PatternWorkflowRestore, workflowID, version)
}

// WorkflowDuplicate returns the path that copies a workflow, also to another survey (POST).
func WorkflowDuplicate(workflowID string) string { return fill(PatternWorkflowDuplicate, workflowID) }

// WorkflowExport returns the path of a workflow as a file.
func WorkflowExport(workflowID string) string { return fill(PatternWorkflowExport, workflowID) }

// WorkflowImport returns the path of the form that makes a workflow of a file (POST does it).
func WorkflowImport() string { return PatternWorkflowImport }

// Runs returns the path of the run history.
func Runs() string { return PatternRuns }

// RunsBulk returns the path of what can be done with several runs at once (POST begins it).
func RunsBulk() string { return PatternRunsBulk }

// RunsExport returns the path that writes a list of runs as a file (POST).
func RunsExport() string { return PatternRunsExport }

// Jobs returns the path of the list of long work.
func Jobs() string { return PatternJobs }

// Job returns the path of one piece of long work.
func Job(jobID string) string { return fill(PatternJob, jobID) }

// JobCancel returns the path that ends long work (POST).
func JobCancel(jobID string) string { return fill(PatternJobCancel, jobID) }

// JobFile returns the path of the file that long work made.
func JobFile(jobID string) string { return fill(PatternJobFile, jobID) }

// SurveyStart returns the path of the form that starts a workflow for old responses of a survey (POST begins it).
func SurveyStart(surveyID string) string { return fill(PatternSurveyStart, surveyID) }

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
