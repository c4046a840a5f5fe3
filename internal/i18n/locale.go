package i18n

import (
	"context"
	"time"

	"golang.org/x/text/language"
)

// reader is who reads: their language and time zone, and when they asked.
type reader struct {
	speaker *speaker
	zone    *time.Location
	now     time.Time
}

type contextKey struct{}

// from returns the reader of ctx; without one it is somebody who reads English in UTC.
func from(ctx context.Context) reader {
	if r, ok := ctx.Value(contextKey{}).(reader); ok {
		return r
	}
	return reader{speaker: speakerOf(Base), zone: time.UTC}
}

// WithLocale returns a context whose reader speaks lang, a BCP 47 tag ("nb", "pt-BR"). A language without catalogues
// keeps its own number format and direction and gets English sentences; a malformed tag means English.
func WithLocale(ctx context.Context, lang string) context.Context {
	r := from(ctx)
	r.speaker = speakerOf(lang)
	return context.WithValue(ctx, contextKey{}, r)
}

// WithZone returns a context whose reader lives in zone; nil means UTC.
func WithZone(ctx context.Context, zone *time.Location) context.Context {
	r := from(ctx)
	if zone == nil {
		zone = time.UTC
	}
	r.zone = zone
	return context.WithValue(ctx, contextKey{}, r)
}

// WithNow returns a context of a request made at now, from which relative times are counted.
func WithNow(ctx context.Context, now time.Time) context.Context {
	r := from(ctx)
	r.now = now
	return context.WithValue(ctx, contextKey{}, r)
}

// Now returns the time of WithNow; without one it is zero, and RelativeTime shows dates.
func Now(ctx context.Context) time.Time { return from(ctx).now }

// Lang returns the reader's language as a BCP 47 tag, for the lang attribute.
func Lang(ctx context.Context) string { return from(ctx).speaker.lang }

// Zone returns the reader's time zone.
func Zone(ctx context.Context) *time.Location { return from(ctx).zone }

// Dir returns the writing direction of the reader's language, "ltr" or "rtl", for the dir attribute.
func Dir(ctx context.Context) string { return DirOf(Lang(ctx)) }

// rightToLeft names the scripts written from right to left that surveys are met in (ISO 15924).
var rightToLeft = map[string]bool{
	"Arab": true, "Aran": true, "Hebr": true, "Syrc": true, "Thaa": true, "Nkoo": true, "Adlm": true, "Rohg": true, "Mand": true, "Samr": true,
}

// DirOf returns the writing direction of a BCP 47 language, "ltr" or "rtl"; a malformed tag is "ltr".
func DirOf(lang string) string {
	tag, err := language.Parse(lang)
	if err != nil {
		return "ltr"
	}
	if script, _ := tag.Script(); rightToLeft[script.String()] {
		return "rtl"
	}
	return "ltr"
}
