package mail

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	maillog "github.com/wneessen/go-mail/log"

	"surveyflow/models"
)

// conversation writes down what program and mail server say to each other. go-mail leaves out what is said while signing
// in; whatever repeats user name or password elsewhere is masked here.
type conversation struct {
	mu    sync.Mutex
	lines []models.MailLine
	mask  *strings.Replacer
}

// mostLines bounds what one conversation keeps.
const mostLines = 200

func newConversation(user, password string) *conversation {
	var pairs []string
	if password != "" {
		for _, text := range []string{password, "\x00" + user + "\x00" + password} {
			pairs = append(pairs, text, "••••", base64.StdEncoding.EncodeToString([]byte(text)), "••••")
		}
	}
	return &conversation{mask: strings.NewReplacer(pairs...)}
}

func (c *conversation) add(who models.MailSpeaker, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for part := range strings.SplitSeq(c.mask.Replace(models.CleanText(text)), "\n") {
		if len(c.lines) < mostLines {
			c.lines = append(c.lines, models.MailLine{Who: who, Text: strings.TrimRight(part, "\r ")})
		}
	}
}

// note adds what the program did.
func (c *conversation) note(what, detail string) { c.add(models.MailSpeakerNote, what+" "+detail) }

// fail adds why it ended.
func (c *conversation) fail(err error) { c.add(models.MailSpeakerError, err.Error()) }

func (c *conversation) told() []models.MailLine {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]models.MailLine(nil), c.lines...)
}

// Debugf is called by go-mail for each line that is said.
func (c *conversation) Debugf(l maillog.Log) {
	who := models.MailSpeakerServer
	if l.Direction == maillog.DirClientToServer {
		who = models.MailSpeakerProgram
	}
	c.add(who, fmt.Sprintf(l.Format, l.Messages...))
}

// Infof, Warnf and Errorf are part of go-mail's interface.
func (c *conversation) Infof(l maillog.Log) { c.Debugf(l) }

// Warnf is [conversation.Infof].
func (c *conversation) Warnf(l maillog.Log) { c.Debugf(l) }

// Errorf is [conversation.Infof].
func (c *conversation) Errorf(l maillog.Log) { c.Debugf(l) }
