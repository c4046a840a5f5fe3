package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"surveyflow/models"
)

// Explain says in words why a mail was not taken and what to do, with what the mail server said as detail. It holds no
// password: what the server said is masked.
func (s *Sender) Explain(err error) *models.RunError {
	key, args := s.reason(err)
	detail := ""
	if err != nil {
		detail = newConversation(s.user, s.password).mask.Replace(models.CleanText(err.Error()))
	}
	return &models.RunError{Key: key, Args: args, Detail: detail}
}

func (s *Sender) reason(err error) (string, map[string]any) {
	at := map[string]any{"Address": s.Describe().Address}
	var (
		send     *gomail.SendError
		reply    *textproto.Error
		dns      *net.DNSError
		unknown  x509.UnknownAuthorityError
		name     x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		opErr    *net.OpError
		isNet, _ = errors.AsType[net.Error](err)
	)
	switch {
	case errors.As(err, &send):
		code := send.ErrorCode()
		args := map[string]any{"Code": code}
		switch {
		case send.Reason == gomail.ErrSMTPMailFrom && code >= 500:
			return "mail.error.sender", map[string]any{"Code": code, "From": s.From}
		case send.Reason == gomail.ErrSMTPRcptTo && code >= 500:
			return "mail.error.recipient", args
		case code >= 500:
			return "mail.error.refused", args
		case code >= 400:
			return "mail.error.later", args
		case send.Reason == gomail.ErrSMTPDataClose:
			return "mail.error.unsure", nil
		}
		return "mail.error.broken_off", at
	case errors.As(err, &reply) && strings.Contains(err.Error(), "AUTH"):
		return "mail.error.auth", map[string]any{"Code": reply.Code, "User": s.user}
	case errors.As(err, &reply):
		return "mail.error.greeting", map[string]any{"Code": reply.Code, "Address": at["Address"]}
	case err != nil && strings.Contains(err.Error(), "does not support STARTTLS"): // go-mail has no error of its own for it
		return "mail.error.no_starttls", at
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered), err != nil && strings.Contains(err.Error(), "support SMTP AUTH"):
		return "mail.error.no_auth", at
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid), errors.As(err, &verify):
		return "mail.error.certificate", at
	case errors.As(err, &record):
		return "mail.error.no_tls", at
	case errors.As(err, &dns):
		return "mail.error.host", map[string]any{"Host": s.host}
	case errors.Is(err, context.DeadlineExceeded), isNet != nil && isNet.Timeout():
		return "mail.error.timeout", at
	case errors.As(err, &opErr) && opErr.Op == "dial":
		return "mail.error.unreachable", at
	}
	return "mail.error.broken_off", at
}
