package models

import "time"

// NoticeKind says what people are told of surveys, and can switch off.
type NoticeKind string

// The kinds of notice.
const (
	NoticeNewSurvey        NoticeKind = "newSurvey"        // a survey was sent to the person, or one opened whose contact they are
	NoticeSurveyExpires    NoticeKind = "surveyExpires"    // it ends soon for the person, who has not finished
	NoticeSurveyStatistics NoticeKind = "surveyStatistics" // it ends soon: its figures, for subscribers
	NoticeRunFailed        NoticeKind = "runFailed"        // runs of its workflows fail, or go well again
)

// NoticeKinds lists the kinds in the order in which pages offer them.
var NoticeKinds = []NoticeKind{NoticeNewSurvey, NoticeSurveyExpires, NoticeSurveyStatistics, NoticeRunFailed}

// NoticeAhead is how long before its end it is told that a survey ends.
const NoticeAhead = 24 * time.Hour

// NoticeChoice says how a person wants to be told of one kind of thing.
type NoticeChoice struct {
	UserID   string     `gorm:"primaryKey"`
	SurveyID string     `gorm:"primaryKey"` // empty for all surveys that have no choice of their own
	Kind     NoticeKind `gorm:"primaryKey"`
	Bell     bool
	Mail     bool
}

// NoticeWay is a choice in one word, as forms have it.
type NoticeWay string

// The ways. The empty one is that of all surveys.
const (
	NoticeBoth NoticeWay = "both"
	NoticeBell NoticeWay = "bell"
	NoticeMail NoticeWay = "mail"
	NoticeNone NoticeWay = "none"
)

// NoticeWays lists the ways in the order in which forms offer them.
var NoticeWays = []NoticeWay{NoticeBoth, NoticeBell, NoticeMail, NoticeNone}

// Way gives the choice in one word.
func (c NoticeChoice) Way() NoticeWay {
	switch {
	case c.Bell && c.Mail:
		return NoticeBoth
	case c.Bell:
		return NoticeBell
	case c.Mail:
		return NoticeMail
	}
	return NoticeNone
}

// Choose sets the choice by one word; false when it is none.
func (c *NoticeChoice) Choose(way NoticeWay) bool {
	c.Bell, c.Mail = way == NoticeBoth || way == NoticeBell, way == NoticeBoth || way == NoticeMail
	return c.Bell || c.Mail || way == NoticeNone
}

// SurveyNotice is one thing that one person is told of a survey, once.
type SurveyNotice struct {
	UserID       string     `gorm:"primaryKey"`
	SurveyID     string     `gorm:"primaryKey"`
	Kind         NoticeKind `gorm:"primaryKey"`
	ExpiresUS    int64      `gorm:"primaryKey;autoIncrement:false"` // when the survey ends for the person, in microseconds; 0 for never
	OrgID        string
	InvitationID *string // through which they answer; nil for contacts and subscribers
	NotedAt      time.Time
	ToldAt       *time.Time
	MailAt       *time.Time // when it stands in their digest
}

// Expires gives when the survey ends for the person; the zero time for never.
func (n *SurveyNotice) Expires() time.Time {
	if n.ExpiresUS == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n.ExpiresUS).UTC()
}

// Over reports whether the survey has ended for the person, so that nothing is left to be told.
func (n *SurveyNotice) Over(now time.Time) bool {
	return n.ExpiresUS != 0 && n.ExpiresUS <= now.UnixMicro()
}

// ExpiresUS gives an end as notices name it: the earliest of those there are, in microseconds; 0 for none.
func ExpiresUS(ends ...*time.Time) int64 {
	var first int64
	for _, t := range ends {
		if t != nil && (first == 0 || t.UnixMicro() < first) {
			first = t.UnixMicro()
		}
	}
	return first
}
