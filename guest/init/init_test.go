package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

func TestPowerButton(t *testing.T) {
	event := func(kind, code uint16, value uint32) []byte {
		e := make([]byte, 24)
		binary.LittleEndian.PutUint16(e[16:], kind)
		binary.LittleEndian.PutUint16(e[18:], code)
		binary.LittleEndian.PutUint32(e[20:], value)
		return e
	}
	sync, down, up, other := event(0, 0, 0), event(1, 116, 1), event(1, 116, 0), event(1, 30, 1)
	for name, tt := range map[string]struct {
		events [][]byte
		want   bool
	}{
		"down":        {[][]byte{sync, down}, true},
		"up only":     {[][]byte{up, sync}, false},
		"another key": {[][]byte{other, sync, up}, false},
		"cut short":   {[][]byte{down[:23]}, false},
	} {
		if got := pressed(bytes.NewReader(bytes.Join(tt.events, nil))); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestConfigDriveIsKnownByItsLabel(t *testing.T) {
	iso := make([]byte, 34816)
	copy(iso[32769:], "CD001")
	copy(iso[32808:], "config-2                        ")
	fat := make([]byte, 512)
	copy(fat[43:], "CONFIG-2   ")
	copy(fat[510:], "\x55\xaa")
	fat32 := make([]byte, 512)
	copy(fat32[71:], "config-2   ")
	copy(fat32[510:], "\x55\xaa")
	other := bytes.Clone(iso)
	copy(other[32808:], "config-20")
	for want, disks := range map[string][][]byte{
		"iso9660": {iso},
		"vfat":    {fat, fat32},
		"":        {nil, other, make([]byte, 34816), fat[:511]},
	} {
		for i, disk := range disks {
			if got := labelled(bytes.NewReader(disk)); got != want {
				t.Errorf("disk %d of %q is %q", i, want, got)
			}
		}
	}
}

func TestHTTPAnswers(t *testing.T) {
	for _, tt := range []struct{ said, body, err string }{
		{"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello\n", "hello\n", ""},
		{"HTTP/1.1 200\r\n\r\n", "", ""},
		{"HTTP/1.0 404 Not Found\r\n\r\nno", "", "absent"},
		{"HTTP/1.0 500 Oh No\r\n\r\n", "", "500 Oh No"},
		{"SSH-2.0-x\r\n\r\n", "", "not HTTP"},
		{"HTTP/1.0 200 OK\r\nno colon\r\n\r\n", "", "malformed"},
		{"", "", "EOF"},
	} {
		body, err := answer(strings.NewReader(tt.said))
		if string(body) != tt.body || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %q, %v", tt.said, body, err)
		}
	}
	if _, err := answer(strings.NewReader("HTTP/1.0 404 Not Found\r\n\r\n")); !errors.Is(err, errAbsent) {
		t.Errorf("404 is %v", err)
	}
}

func TestReadIdentity(t *testing.T) {
	open := func(files map[string]string) func() (reader, func(), error) {
		return func() (reader, func(), error) {
			return func(name string) ([]byte, error) {
				if text, ok := files[name]; ok {
					return []byte(text), nil
				}
				return nil, errAbsent
			}, func() {}, nil
		}
	}
	id, err := readIdentity("test", open(map[string]string{
		"meta_data.json": `{"uuid": "u", "hostname": "h", "public_keys": {"k": "ssh-rsa AAAA"}, "random_seed": "x"}`,
		"user_data":      "#!/bin/sh",
	}))
	if err != nil || id.server.UUID != "u" || id.server.Hostname != "h" || id.source != "test" || string(id.userData) != "#!/bin/sh" {
		t.Errorf("%+v, %v", id, err)
	}
	if id, err = readIdentity("test", open(map[string]string{"meta_data.json": "{}"})); err != nil || id.userData != nil {
		t.Errorf("without user data: %+v, %v", id, err)
	}
	if _, err = readIdentity("test", open(nil)); !errors.Is(err, errAbsent) {
		t.Errorf("without meta_data.json: %v", err)
	}
	if _, err = readIdentity("test", open(map[string]string{"meta_data.json": "["})); err == nil {
		t.Error("half a meta_data.json was taken")
	}
}

// The fingerprint is what ssh-keygen -lf prints for the same line.
func TestFingerprint(t *testing.T) {
	const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS somebody@somewhere"
	if got, want := fingerprint(line), "SHA256:qH8baHrA5X0qCBovKCZyM02Q7TFtK4GMqVgOo4TZJAE"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, bad := range []string{"", "ssh-rsa", "ssh-rsa ???"} {
		if got := fingerprint(bad); got != "not a public key" {
			t.Errorf("%q: %s", bad, got)
		}
	}
}

// disk is bytes that can be written.
type disk []byte

func (d disk) ReadAt(p []byte, at int64) (int, error)  { return bytes.NewReader(d).ReadAt(p, at) }
func (d disk) WriteAt(p []byte, at int64) (int, error) { return copy(d[at:], p), nil }

func TestBootsAreCountedOnTheGuestsOwnDiskOnly(t *testing.T) {
	own := make(disk, 2*sector)
	copy(own, diskMark)
	for want := uint64(1); want <= 3; want++ {
		if got, err := nextBoot(own); got != want || err != nil {
			t.Errorf("boot %d is %d, %v", want, got, err)
		}
	}
	other := disk(bytes.Repeat([]byte("data"), sector/4))
	before := bytes.Clone(other)
	if _, err := nextBoot(other); err == nil || !bytes.Equal(other, before) {
		t.Errorf("another's disk was written: %v", err)
	}
	if _, err := nextBoot(make(disk, 10)); err == nil {
		t.Error("a disk without a sector was counted")
	}
}

func TestTalk(t *testing.T) {
	ends := make(chan ending, 1)
	var out bytes.Buffer
	id := identity{source: "a test", server: metaData{UUID: "u1", Name: "vm"}}
	talk(strings.NewReader("\nls\nwhoami\n reboot \nuptime\n"), &out, id, ends)
	if got := <-ends; got != reboot {
		t.Errorf("ended by %s", got)
	}
	for _, want := range []string{"There is no shell", "  poweroff ", `server u1 "vm", told by: a test`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the console lacks %q:\n%s", want, out.String())
		}
	}
	if got := strings.Count(out.String(), "\nnovalet guest login: "); got != 4 {
		t.Errorf("%d banners:\n%s", got, out.String())
	}
	talk(strings.NewReader("poweroff"), &out, id, ends)
	if got := <-ends; got != poweroff {
		t.Errorf("ended by %s", got)
	}
}

func TestCounted(t *testing.T) {
	for want, got := range map[string]string{
		"0 buttons": counted(0, "button"), "1 button": counted(1, "button"), "2 addresses": counted(2, "address", "addresses"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
