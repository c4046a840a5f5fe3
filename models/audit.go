package models

import "time"

// AuditEntry is a line of the audit log: who did what to what, when and from where. It never holds a secret.
type AuditEntry struct {
	ID      string `gorm:"primaryKey"` // ordered by time
	OrgID   string
	At      time.Time
	Actor   string // id of the person; empty for the program itself, and for who could not be known
	TokenID string // id of the API token that the person came with; empty for pages
	IP      string // address that the request came from; empty for the program itself
	Action  AuditAction
	Object  string                  // id of the thing that was acted on; may be empty
	Name    string                  // what the thing was called then, because it may be renamed or gone later
	Detail  JSON[map[string]string] // more about it: keys are messages "audit.detail.…", values are shown as they are
}

// TableName names the table: the log as a whole is the audit.
func (AuditEntry) TableName() string { return "audit" }

// Details makes the details of an entry: pairs of a name and a value.
func Details(pairs ...string) JSON[map[string]string] {
	d := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		d[pairs[i]] = pairs[i+1]
	}
	return JSON[map[string]string]{V: d}
}

// AuditAction names what was done. Each has a message "audit.action.…" and a place in [AuditActions].
type AuditAction string

// What the audit log knows.
const (
	AuditSignIn            AuditAction = "sign_in"
	AuditSignInFailed      AuditAction = "sign_in.failed"
	AuditSignOut           AuditAction = "sign_out"
	AuditSessionsEnd       AuditAction = "session.end" // signed out from another browser
	AuditPassword          AuditAction = "user.password"
	AuditUserCreate        AuditAction = "user.create"
	AuditUserRole          AuditAction = "user.role"
	AuditUserDisable       AuditAction = "user.disable"
	AuditUserEnable        AuditAction = "user.enable"
	AuditUserForget        AuditAction = "user.forget"
	AuditTakeOver          AuditAction = "user.take_over"
	AuditInvite            AuditAction = "invite.create"
	AuditInviteRevoke      AuditAction = "invite.revoke"
	AuditTokenCreate       AuditAction = "token.create"
	AuditTokenSave         AuditAction = "token.save"
	AuditTokenRevoke       AuditAction = "token.revoke"
	AuditClientCreate      AuditAction = "client.create"
	AuditClientSave        AuditAction = "client.save"
	AuditClientFailed      AuditAction = "client.failed" // it came with a wrong secret
	AuditClientRevoke      AuditAction = "client.revoke"
	AuditCertificateCreate AuditAction = "certificate.create"
	AuditCertificateRevoke AuditAction = "certificate.revoke"
	AuditSurveyLive        AuditAction = "survey.live"
	AuditSurveyOpen        AuditAction = "survey.open"
	AuditSurveyClose       AuditAction = "survey.close"
	AuditSurveyOwner       AuditAction = "survey.owner"
	AuditSurveyShare       AuditAction = "survey.share"
	AuditSurveyUnshare     AuditAction = "survey.unshare"
	AuditSurveyLabels      AuditAction = "survey.labels"
	AuditSurveyDelete      AuditAction = "survey.delete"
	AuditResponseDelete    AuditAction = "response.delete"
	AuditWorkflowLive      AuditAction = "workflow.live"
	AuditWorkflowOn        AuditAction = "workflow.on"
	AuditWorkflowOff       AuditAction = "workflow.off"
	AuditWorkflowDelete    AuditAction = "workflow.delete"
	AuditWorkflowSecret    AuditAction = "workflow.secret" // its webhooks are signed with another one
	AuditReceiverDelete    AuditAction = "receiver.delete"
	AuditCredentialCreate  AuditAction = "credential.create"
	AuditCredentialChange  AuditAction = "credential.change"
	AuditCredentialConnect AuditAction = "credential.connect" // a provider gave tokens for it
	AuditCredentialDelete  AuditAction = "credential.delete"
	AuditCredentialOwner   AuditAction = "credential.owner" // taken over
	AuditListDelete        AuditAction = "list.delete"
	AuditContactDelete     AuditAction = "contact.delete"
	AuditContactErase      AuditAction = "contact.erase"     // of a person, everywhere
	AuditContactExport     AuditAction = "contact.export"    // all that is known of a person
	AuditContactComplaint  AuditAction = "contact.complaint" // somebody reported a complaint about a mail
	AuditContactBounce     AuditAction = "contact.bounce"    // somebody reported an address that mail does not reach
	AuditSettings          AuditAction = "settings.change"
	AuditExport            AuditAction = "export" // data left the instance as a file
)

// AuditActions are all actions, in the order in which the page offers them.
var AuditActions = []AuditAction{
	AuditSignIn, AuditSignInFailed, AuditSignOut, AuditSessionsEnd, AuditPassword, AuditSecondFactorOn, AuditSecondFactorOff, AuditRecoveryCodes, AuditIdentity,
	AuditInvite, AuditInviteRevoke, AuditUserCreate, AuditUserRole, AuditUserDisable, AuditUserEnable, AuditTakeOver, AuditUserForget,
	AuditTokenCreate, AuditTokenSave, AuditTokenRevoke, AuditClientCreate, AuditClientSave, AuditClientFailed, AuditClientRevoke,
	AuditCertificateCreate, AuditCertificateRevoke,
	AuditSurveyLive, AuditSurveyOpen, AuditSurveyClose, AuditSurveyOwner, AuditSurveyShare, AuditSurveyUnshare, AuditSurveyLabels, AuditSurveyDelete, AuditResponseDelete,
	AuditWorkflowLive, AuditWorkflowOn, AuditWorkflowOff, AuditWorkflowSecret, AuditWorkflowDelete, AuditReceiverDelete,
	AuditCredentialCreate, AuditCredentialChange, AuditCredentialConnect, AuditCredentialDelete, AuditCredentialOwner,
	AuditListDelete, AuditContactDelete, AuditContactErase, AuditContactExport, AuditContactBounce, AuditContactComplaint,
	AuditSettings, AuditExport,
}

// What [AuditSettings] and [AuditExport] were about, where that is no thing with an id. Each has a message "audit.object.…".
const (
	SettingsAudit        = "settings.audit"
	SettingsOrganisation = "settings.organisation"
	SettingsSecurity     = "settings.security"
	SettingsSignIn       = "settings.sign_in"
	SettingsDomains      = "settings.domains"
	SettingsCertificates = "settings.certificates"
	ExportAudit          = "export.audit"
	ExportRuns           = "export.runs"
)
