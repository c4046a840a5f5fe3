package outbound_test

import (
	"net/http"
	"testing"
	"time"

	"surveyflow/internal/outbound"
)

func TestRetryable_follows_the_contract(t *testing.T) {
	t.Parallel()
	retried := map[int]bool{408: true, 425: true, 429: true}
	for status := 100; status <= 999; status++ {
		want := retried[status] || status >= 500 && status <= 599
		if got := outbound.RetryableStatus(status); got != want {
			t.Errorf("RetryableStatus(%d) = %v", status, got)
		}
		x := outbound.Exchange{Status: status}
		if x.Retryable() != want || x.Succeeded() != (status >= 200 && status <= 299) {
			t.Errorf("status %d: retryable %v, succeeded %v", status, x.Retryable(), x.Succeeded())
		}
	}
	for fault, want := range map[outbound.Fault]bool{
		outbound.FaultNone: false, outbound.FaultURL: false, outbound.FaultRequest: false, outbound.FaultRefused: false,
		outbound.FaultCertificate: false, outbound.FaultCanceled: false, outbound.FaultTooLarge: false, outbound.FaultRedirect: false,
		outbound.FaultDNS: true, outbound.FaultConnection: true, outbound.FaultTLS: true, outbound.FaultTimeout: true, outbound.FaultProtocol: true,
	} {
		if got := fault.Retryable(); got != want {
			t.Errorf("%q is retryable: %v", fault, got)
		}
	}
}

func TestRetryAfter_reads_seconds_and_dates_up_to_a_day(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		value string
		want  time.Duration
		asked bool
	}{
		{"", 0, false},
		{"0", 0, true},
		{"120", 2 * time.Minute, true},
		{"86400", 24 * time.Hour, true},
		{"86401", 24 * time.Hour, true},
		{"4294967296", 24 * time.Hour, true},
		{"99999999999999999999999", 24 * time.Hour, true},
		{"-5", 0, false},
		{"1.5", 0, false},
		{"soon", 0, false},
		{"Sun, 22 Nov 2026 10:00:30 GMT", 30 * time.Second, true},
		{"Sunday, 22-Nov-26 10:00:30 GMT", 30 * time.Second, true},
		{"Sun Nov 22 10:00:30 2026", 30 * time.Second, true},
		{"Sun, 22 Nov 2026 09:00:00 GMT", 0, true},
		{"Tue, 24 Nov 2026 10:00:00 GMT", 24 * time.Hour, true},
	}
	for _, tt := range tests {
		header := http.Header{}
		if tt.value != "" {
			header.Set("Retry-After", tt.value)
		}
		if got, asked := outbound.RetryAfter(header, now); got != tt.want || asked != tt.asked {
			t.Errorf("Retry-After %q = %v %v, want %v %v", tt.value, got, asked, tt.want, tt.asked)
		}
	}
}
