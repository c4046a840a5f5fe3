package link

// Patterns of the settings.
const (
	PatternSettings             = "/settings"
	PatternSettingsOrganisation = "/settings/organisation"
	PatternSettingsAPI          = "/settings/api"
	PatternSettingsAPIIDs       = "/settings/api/ids"
	PatternSettingsAPILog       = "/settings/api/log"
	PatternSettingsAPIDocs      = "/settings/api/docs"
	PatternSettingsAPIDoc       = "/settings/api/docs/:operation"
	PatternAccountTokenLog      = "/account/tokens/:tokenID/log"
	PatternAccountClients       = "/account/clients"
	PatternAccountClient        = "/account/clients/:clientID"
	PatternAccountClientLog     = "/account/clients/:clientID/log"
	PatternAccountClientRevoke  = "/account/clients/:clientID/revoke"
)

// AccountClients returns the path that makes an OAuth client (POST).
func AccountClients() string { return PatternAccountClients }

// AccountClient returns the path of one of the user's OAuth clients (POST saves it).
func AccountClient(clientID string) string { return fill(PatternAccountClient, clientID) }

// AccountClientLog returns the path that turns the log of an OAuth client on or off (POST).
func AccountClientLog(clientID string) string { return fill(PatternAccountClientLog, clientID) }

// AccountClientRevoke returns the path that revokes an OAuth client (POST).
func AccountClientRevoke(clientID string) string { return fill(PatternAccountClientRevoke, clientID) }

// SettingsAPIIDs returns the path of the page with the ids that programs name.
func SettingsAPIIDs() string { return PatternSettingsAPIIDs }

// SettingsAPILog returns the path of the calls of one's own tokens.
func SettingsAPILog() string { return PatternSettingsAPILog }

// SettingsAPIDocs returns the path of the API's documentation.
func SettingsAPIDocs() string { return PatternSettingsAPIDocs }

// SettingsAPIDoc returns the path of the documentation of one operation (POST tries it).
func SettingsAPIDoc(operation string) string { return fill(PatternSettingsAPIDoc, operation) }

// AccountTokenLog returns the path that turns the log of a token on or off (POST).
func AccountTokenLog(tokenID string) string { return fill(PatternAccountTokenLog, tokenID) }

// Settings returns the path of the settings, which leads to the first page that the visitor may see.
func Settings() string { return PatternSettings }

// SettingsOrganisation returns the path of the organisation's settings (POST saves them).
func SettingsOrganisation() string { return PatternSettingsOrganisation }

// SettingsAPI returns the path of the page for people who write programs.
func SettingsAPI() string { return PatternSettingsAPI }

// Patterns of mail and notifications.
const (
	PatternSettingsMail     = "/settings/mail"
	PatternSettingsMailTest = "/settings/mail/test"
	PatternMails            = "/settings/mail/outbox"
	PatternMail             = "/settings/mail/outbox/:mailID"
	PatternMailHTML         = "/settings/mail/outbox/:mailID/html"
	PatternMailReport       = "/settings/mail/outbox/:mailID/report"
	PatternMailResend       = "/settings/mail/outbox/:mailID/resend"
	PatternMailCancel       = "/settings/mail/outbox/:mailID/cancel"

	PatternNotifications     = "/notifications"
	PatternNotificationsRead = "/notifications/read"
	PatternNotificationsBell = "/notifications/bell"
	PatternNotification      = "/notifications/:notificationID"

	PatternForgot        = "/forgot-password"
	PatternPasswordReset = "/reset-password/:token"
	PatternInvitation    = "/invitation/:token"
)

// SettingsMail returns the path of the page about mail.
func SettingsMail() string { return PatternSettingsMail }

// SettingsMailTest returns the path that sends a test mail (POST).
func SettingsMailTest() string { return PatternSettingsMailTest }

// Mails returns the path of the outbox.
func Mails() string { return PatternMails }

// Mail returns the path of a mail of the outbox.
func Mail(mailID string) string { return fill(PatternMail, mailID) }

// MailHTML returns the path of a mail as its reader sees it, which the page of the mail frames.
func MailHTML(mailID string) string { return fill(PatternMailHTML, mailID) }

// MailReport returns the path of the document that is attached to a mail.
func MailReport(mailID string) string { return fill(PatternMailReport, mailID) }

// MailResend returns the path that has a mail sent once more (POST).
func MailResend(mailID string) string { return fill(PatternMailResend, mailID) }

// MailCancel returns the path that takes a waiting mail back (POST).
func MailCancel(mailID string) string { return fill(PatternMailCancel, mailID) }

// Notifications returns the path of the list of what somebody was told.
func Notifications() string { return PatternNotifications }

// NotificationsRead returns the path that marks all notifications as read (POST).
func NotificationsRead() string { return PatternNotificationsRead }

// NotificationsBell returns the path of the bell alone, which the frame asks for again and again.
func NotificationsBell() string { return PatternNotificationsBell }

// Notification returns the path that marks a notification as read and leads to what it is about (POST).
func Notification(notificationID string) string { return fill(PatternNotification, notificationID) }

// ForgotPassword returns the path of the page that mails a link for a new password (POST asks for it).
func ForgotPassword() string { return PatternForgot }

// PasswordReset returns the path of the page where somebody with the link chooses a new password.
func PasswordReset(token string) string { return fill(PatternPasswordReset, token) }

// Invitation returns the path of the page where somebody who was invited joins.
func Invitation(token string) string { return fill(PatternInvitation, token) }
