package mail

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/models"
)

// report is a report as RFC 5965 shows them, about a mail of ours.
const report = "From: <abusedesk@example.com>\r\nTo: <abuse@example.net>\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/report; report-type=feedback-report;\r\n boundary=\"part1\"\r\n\r\n" + reportBody

const reportBody = "--part1\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n" +
	"--part1\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: Abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\nOriginal-Rcpt-To: <Ann@example.com>\r\nOriginal-Rcpt-To: <b@example.com>\r\n\r\n" +
	"--part1\r\nContent-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\nFrom: <surveys@example.com>\r\nTo: \"Ann\" <ann.private@example.com>\r\nSubject: Your opinion\r\n" +
	"List-Unsubscribe: <https://answers.example.com/unsubscribe/IV_0123456789abcde/0123456789abcdefghijkl>\r\n\r\nHello\r\n--part1--\r\n"

func TestReportsOfComplaintsAreRead(t *testing.T) {
	t.Parallel()
	whole := Feedback{Type: "abuse", Recipient: "Ann@example.com", InvitationID: "IV_0123456789abcde", Token: "0123456789abcdefghijkl"}
	headersOnly := strings.Replace(strings.Replace(report, "message/rfc822", "text/rfc822-headers", 1), "\r\n\r\nHello\r\n", "\r\n", 1)
	for name, c := range map[string]struct {
		kind, text string
		want       Feedback
	}{
		"a mail":                   {"message/rfc822", report, whole},
		"with lines of Unix":       {"message/rfc822", strings.ReplaceAll(report, "\r\n", "\n"), whole},
		"the body of one":          {`multipart/report; report-type="feedback-report"; boundary=part1`, reportBody, whole},
		"with the header alone":    {"message/rfc822", headersOnly, whole},
		"without whom it was for":  {"message/rfc822", strings.ReplaceAll(report, "Original-Rcpt-To", "X-Gone"), Feedback{"abuse", "ann.private@example.com", whole.InvitationID, whole.Token}},
		"with what is no address":  {"message/rfc822", strings.NewReplacer("Ann@", "", "ann.private@", "").Replace(report), Feedback{"abuse", "", whole.InvitationID, whole.Token}},
		"of a mail by others":      {"message/rfc822", strings.Replace(report, "List-Unsubscribe", "X-Other", 1), Feedback{"abuse", "Ann@example.com", "", ""}},
		"that the mail was wanted": {"message/rfc822", strings.Replace(report, "Abuse", "not-spam", 1), Feedback{"not-spam", "Ann@example.com", whole.InvitationID, whole.Token}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ReadFeedback(c.kind, []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, *got); diff != "" || got.Complaint() != (c.want.Type == "abuse") {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for name, c := range map[string][2]string{
		"another mail":         {"message/rfc822", "From: a@example.com\r\nContent-Type: text/plain\r\n\r\nHello"},
		"a report of delivery": {"message/rfc822", strings.Replace(report, "feedback-report", "delivery-status", 1)},
		"no mail":              {"message/rfc822", "\x00\xff{}"},
		"nothing":              {"message/rfc822", ""},
		"no boundary":          {"multipart/report; report-type=feedback-report", reportBody},
		"cut off":              {"message/rfc822", report[:300]},
		"without the report":   {"message/rfc822", strings.Replace(report, "message/feedback-report", "text/plain", 1)},
	} {
		if got, err := ReadFeedback(c[0], []byte(c[1])); models.ErrorCode(err) != models.CodeInvalid {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func FuzzReadFeedback(f *testing.F) {
	f.Add(report)
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = ReadFeedback("message/rfc822", []byte(text))
	})
}
