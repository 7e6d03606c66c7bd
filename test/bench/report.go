package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// report is what was measured, and where.
type report struct {
	machine string
	started time.Time
	took    time.Duration
	rows    [][4]string // what, value, goal, remark
}

func (r *report) add(what, value, goal, remark string) {
	r.rows = append(r.rows, [4]string{what, value, goal, remark})
	fmt.Fprintf(os.Stderr, "  %s: %s %s\n", what, value, remark)
}

func (r *report) ended(now time.Time) {
	r.took = now.Sub(r.started)
	r.machine += "; load of the last minute at the end " + load()
}

var heads = [4]string{"what", "measured", "goal", "how"}

// text is the report as a table for a terminal.
func (r *report) text() string {
	rows := append([][4]string{heads}, r.rows...)
	var widths [4]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.machine)
	for _, row := range rows {
		for i, cell := range row {
			b.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// markdown is the report as docs/benchmarks.md.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

%s wrote this page on %s in %d s. Run it yourself: what counts is your machine. Goals are those of the design, for two quiet cores.

Machine: %s.

| %s |
|---|---|---|---|
`, "`make bench`", r.started.UTC().Format("2006-01-02 15:04 UTC"), int(r.took.Seconds()), r.machine, strings.Join(heads[:], " | "))
	for _, row := range r.rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row[:], " | "))
	}
	b.WriteString(`
Client and cloud share the machine, so each row is the cost of both ends. p50 and p99 are percentiles of single requests over one kept connection.
`)
	return b.String()
}

// describeMachine names the machine: host, processors, memory, systems, load.
func describeMachine() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s: %d x %s, %s memory, Linux %s, %s; load of the last minute at the start %s",
		host, runtime.NumCPU(), field("/proc/cpuinfo", "model name"), memory(), strings.TrimSpace(read("/proc/sys/kernel/osrelease")), runtime.Version(), load())
}

func read(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}

// field is the value of the first line "name : value" of a file.
func field(path, name string) string {
	for line := range strings.Lines(read(path)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func memory() string {
	var kib int
	_, _ = fmt.Sscanf(field("/proc/meminfo", "MemTotal"), "%d kB", &kib)
	return fmt.Sprintf("%d GiB", kib>>20)
}

func load() string {
	first, _, _ := strings.Cut(read("/proc/loadavg"), " ")
	return first
}

// samples are how long one thing took, many times.
type samples []time.Duration

// at is the percentile p, as text in milliseconds.
func (s samples) at(p int) string {
	return millis(s.percentile(p))
}

func (s samples) percentile(p int) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

// over is how many times as long s took as other, at the median.
func (s samples) over(other samples) float64 {
	return float64(s.percentile(50)) / float64(max(other.percentile(50), 1))
}

func (s samples) percentiles() string { return "p50 " + s.at(50) + ", p99 " + s.at(99) }

func millis(d time.Duration) string {
	ms := float64(d.Microseconds()) / 1000
	if ms >= 100 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f ms", ms)
}
