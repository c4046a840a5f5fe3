package link

// Patterns of the pages about what goes wrong.
const (
	PatternWorkflowRefused  = "/workflows/:workflowID/failed-to-start"
	PatternWorkflowOffAfter = "/workflows/:workflowID/switch-off"
	PatternHosts            = "/workflows/hosts"
	PatternHostTry          = "/workflows/hosts/try"

	PatternAPIWorkflowRefused = APIPrefix + "/workflows/:workflowId/failed-to-start"
)

// WorkflowRefused returns the path of the events that started no run of a workflow.
func WorkflowRefused(workflowID string) string { return fill(PatternWorkflowRefused, workflowID) }

// WorkflowOffAfter returns the path that saves when a workflow switches itself off (POST).
func WorkflowOffAfter(workflowID string) string { return fill(PatternWorkflowOffAfter, workflowID) }

// Hosts returns the path of the receivers that are failing or have held runs.
func Hosts() string { return PatternHosts }

// HostTry returns the path that sends a probe to a receiver now (POST).
func HostTry() string { return PatternHostTry }
