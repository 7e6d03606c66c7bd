package virt

import (
	"bytes"
	"fmt"
	"time"
)

// Tail returns the last lines lines of a console log, all of it when lines is
// negative. A last line without its end counts as a line.
func Tail(log []byte, lines int) []byte {
	if lines < 0 {
		return log
	}
	end := len(log)
	for at := bytes.TrimSuffix(log, []byte("\n")); ; lines-- {
		if lines == 0 {
			return log[end:]
		}
		cut := bytes.LastIndexByte(at, '\n')
		if cut < 0 {
			return log
		}
		at, end = at[:cut], cut+1
	}
}

// FormatUptime writes what uptime(1) prints, which is what the hypervisors API
// shows: the time, how long the host is up, users, load averages.
func FormatUptime(now time.Time, up time.Duration, users int, load [3]float64) string {
	days, hours, minutes := int(up.Hours())/24, int(up.Hours())%24, int(up.Minutes())%60
	long := ""
	if days == 1 {
		long = "1 day, "
	} else if days > 1 {
		long = fmt.Sprintf("%d days, ", days)
	}
	if hours > 0 {
		long += fmt.Sprintf("%2d:%02d", hours, minutes)
	} else {
		long += fmt.Sprintf("%d min", minutes)
	}
	noun := "users"
	if users == 1 {
		noun = "user"
	}
	return fmt.Sprintf(" %s up %s,  %d %s,  load average: %.2f, %.2f, %.2f",
		now.Format("15:04:05"), long, users, noun, load[0], load[1], load[2])
}
