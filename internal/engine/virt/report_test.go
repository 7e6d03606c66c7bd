package virt

import (
	"testing"
	"time"
)

func TestTail(t *testing.T) {
	for _, tt := range []struct {
		log   string
		lines int
		want  string
	}{
		{"a\nb\nc\n", -1, "a\nb\nc\n"},
		{"a\nb\nc\n", 2, "b\nc\n"},
		{"a\nb\nc", 2, "b\nc"},
		{"a\nb\nc\n", 3, "a\nb\nc\n"},
		{"a\nb\nc\n", 9, "a\nb\nc\n"},
		{"a\nb\n\n", 1, "\n"},
		{"a\nb\n", 0, ""},
		{"", 5, ""},
		{"a", 1, "a"},
	} {
		if got := string(Tail([]byte(tt.log), tt.lines)); got != tt.want {
			t.Errorf("Tail(%q, %d) = %q, want %q", tt.log, tt.lines, got, tt.want)
		}
	}
}

func TestFormatUptime(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 32, 11, 0, time.UTC)
	load := [3]float64{0.2, 0.12, 0.136}
	for _, tt := range []struct {
		up    time.Duration
		users int
		want  string
	}{
		{93*24*time.Hour + 18*time.Hour + 25*time.Minute, 12, " 08:32:11 up 93 days, 18:25,  12 users,  load average: 0.20, 0.12, 0.14"},
		{26*time.Hour + 3*time.Minute, 1, " 08:32:11 up 1 day,  2:03,  1 user,  load average: 0.20, 0.12, 0.14"},
		{5 * time.Minute, 0, " 08:32:11 up 5 min,  0 users,  load average: 0.20, 0.12, 0.14"},
	} {
		if got := FormatUptime(now, tt.up, tt.users, load); got != tt.want {
			t.Errorf("FormatUptime(%v) = %q, want %q", tt.up, got, tt.want)
		}
	}
}
