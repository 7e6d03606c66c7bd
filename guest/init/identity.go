package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	metadataService = "169.254.169.254:80"
	metadataTime    = 5 * time.Second
	maxMetadata     = 1 << 20
)

// identity is what the cloud says about this guest.
type identity struct {
	source   string // where it was read
	server   metaData
	userData []byte
}

// metaData is the part of openstack/latest/meta_data.json that is used here.
type metaData struct {
	UUID       string            `json:"uuid"`
	Name       string            `json:"name"`
	Hostname   string            `json:"hostname"`
	Zone       string            `json:"availability_zone"`
	PublicKeys map[string]string `json:"public_keys"`
	Meta       map[string]string `json:"meta"`
}

var errAbsent = errors.New("absent")

// identify asks a config drive first, as it cannot be late, then the metadata
// service, and is content with the DHCP server's word at last.
func identify(ctx context.Context, links []link) identity {
	id, err := readIdentity("config drive", configDrive)
	if err != nil && !errors.Is(err, errAbsent) {
		report("config drive: %v", err)
	}
	if err == nil {
		return id
	}
	if len(links) > 0 {
		id, err = readIdentity("metadata service", func() (reader, func(), error) {
			return func(name string) ([]byte, error) { return get(ctx, metadataService, "/openstack/latest/"+name) }, func() {}, nil
		})
		if err == nil {
			return id
		}
		report("metadata service: %v", err)
	}
	id = identity{source: "none"}
	for _, l := range links {
		if name := l.ack.HostName(); name != "" && id.server.Hostname == "" {
			id.server.Hostname, id.source = name, "DHCP"
		}
	}
	return id
}

// reader reads a file of openstack/latest; errAbsent when there is none.
type reader func(name string) ([]byte, error)

func readIdentity(source string, open func() (reader, func(), error)) (identity, error) {
	id := identity{source: source}
	read, done, err := open()
	if err != nil {
		return id, err
	}
	defer done()
	text, err := read("meta_data.json")
	if err != nil {
		return id, err
	}
	if err := json.Unmarshal(text, &id.server); err != nil {
		return id, fmt.Errorf("meta_data.json: %w", err)
	}
	id.userData, err = read("user_data")
	if err != nil && !errors.Is(err, errAbsent) {
		return id, err
	}
	return id, nil
}

// apply takes the name on and shows what it was told.
func (id identity) apply() {
	name := id.server.Hostname
	if name == "" {
		name = "novalet"
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		report("hostname %s: %v", name, err)
	}
	report("hostname: %s", name)
	if id.server.UUID != "" {
		report("server: %s %q zone %s", id.server.UUID, id.server.Name, id.server.Zone)
	}
	for _, key := range slices.Sorted(maps.Keys(id.server.PublicKeys)) {
		report("ssh key: %s %s", key, fingerprint(id.server.PublicKeys[key]))
	}
	if len(id.userData) > 0 {
		report("user data: %d bytes (nothing here runs it)", len(id.userData))
	}
}

// fingerprint is what ssh-keygen -l shows of an authorized_keys line.
func fingerprint(line string) string {
	words := strings.Fields(line)
	if len(words) < 2 {
		return "not a public key"
	}
	blob, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return "not a public key"
	}
	sum := sha256.Sum256(blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// get is an HTTP/1.0 GET: net/http would double the size of the guest.
func get(ctx context.Context, server, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataTime)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp4", server)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, strings.TrimSuffix(server, ":80")); err != nil {
		return nil, err
	}
	return answer(c)
}

func answer(from io.Reader) ([]byte, error) {
	r := bufio.NewReader(io.LimitReader(from, maxMetadata))
	head := textproto.NewReader(r)
	status, err := head.ReadLine()
	if err != nil {
		return nil, err
	}
	words := strings.Fields(status)
	if len(words) < 2 || !strings.HasPrefix(words[0], "HTTP/1.") {
		return nil, fmt.Errorf("not HTTP: %q", status)
	}
	if _, err := head.ReadMIMEHeader(); err != nil {
		return nil, err
	}
	switch words[1] {
	case "200":
		return io.ReadAll(r)
	case "404":
		return nil, errAbsent
	}
	return nil, fmt.Errorf("the answer is %s", strings.Join(words[1:], " "))
}

// configDrive mounts the disk labelled config-2.
func configDrive() (reader, func(), error) {
	disks, _ := filepath.Glob("/sys/class/block/*")
	for _, disk := range disks {
		device := "/dev/" + filepath.Base(disk)
		kind := configDriveKind(device)
		if kind == "" {
			continue
		}
		const at = "/run/config-2"
		if err := os.MkdirAll(at, 0o700); err != nil {
			return nil, nil, err
		}
		if err := unix.Mount(device, at, kind, unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
			return nil, nil, fmt.Errorf("mount %s: %w", device, err)
		}
		read := func(name string) ([]byte, error) {
			text, err := os.ReadFile(filepath.Join(at, "openstack/latest", name))
			if errors.Is(err, fs.ErrNotExist) {
				err = errAbsent
			}
			return text, err
		}
		return read, func() { unix.Unmount(at, 0) }, nil
	}
	return nil, nil, errAbsent
}

// configDriveKind returns the file system of a config drive, or "".
func configDriveKind(device string) string {
	f, err := os.Open(device)
	if err != nil {
		return ""
	}
	defer f.Close()
	return labelled(f)
}

// labelled looks for the label config-2 where ISO 9660 keeps its volume
// identifier (sector 16, byte 40) and where FAT keeps its volume label (byte
// 43 of the boot sector, 71 for FAT32).
func labelled(disk io.ReaderAt) string {
	has := func(at int64, size int, want string) bool {
		b := make([]byte, size)
		_, err := disk.ReadAt(b, at)
		return err == nil && strings.EqualFold(strings.TrimRight(string(b), " \x00"), want)
	}
	switch {
	case has(32769, 5, "CD001") && has(32808, 32, "config-2"):
		return "iso9660"
	case has(510, 2, "\x55\xaa") && (has(43, 11, "config-2") || has(71, 11, "config-2")):
		return "vfat"
	}
	return ""
}
