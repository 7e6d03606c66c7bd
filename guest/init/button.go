package main

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// watchButtons listens on every input device that is a power button (ACPI's
// PNP0C0C and the fixed LNXPWRBN both are) and returns how many there are.
func watchButtons(ends chan<- ending) int {
	count := 0
	names, _ := filepath.Glob("/sys/class/input/event*/device/name")
	for _, path := range names {
		name, err := os.ReadFile(path)
		if err != nil || strings.TrimSpace(string(name)) != "Power Button" {
			continue
		}
		event := strings.Split(path, "/")[4]
		f, err := os.Open("/dev/input/" + event)
		if err != nil {
			report("power button: %v", err)
			continue
		}
		count++
		go func() {
			defer f.Close()
			if pressed(f) {
				report("power button pressed")
				ends <- poweroff
			}
		}()
	}
	return count
}

// pressed waits for the power key to go down; false: the device went away.
func pressed(events io.Reader) bool {
	const (
		eventSize = 24 // struct input_event on 64 bits: time 16, type 2, code 2, value 4
		evKey     = 1
		keyPower  = 116
	)
	var e [eventSize]byte
	for {
		if _, err := io.ReadFull(events, e[:]); err != nil {
			return false
		}
		kind := binary.LittleEndian.Uint16(e[16:])
		code := binary.LittleEndian.Uint16(e[18:])
		value := binary.LittleEndian.Uint32(e[20:])
		if kind == evKey && code == keyPower && value == 1 {
			return true
		}
	}
}
