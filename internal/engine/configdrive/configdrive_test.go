package configdrive

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"pgregory.net/rapid"
)

func guest() cloud.Guest {
	return cloud.Guest{
		ServerID: "6a1b7f0e-3c1d-4d52-9a73-0f3b1d1b2c3d", Name: "web 1", Hostname: "web-1", ProjectID: "p1", Zone: "nova",
		LaunchIndex: 2, PublicKeys: map[string]string{"mine": "ssh-ed25519 AAAA me"}, Metadata: map[string]string{"role": "web"},
		UserData: base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\necho hi\n")),
		Files:    []cloud.GuestFile{{Path: "/etc/motd", Contents: []byte("hello")}},
		Ports: []cloud.GuestPort{{
			ID: "11111111-2222-3333-4444-555555555555", NetworkID: "n1", MAC: "fa:16:3e:00:00:01",
			IP: "10.0.0.5", CIDR: "10.0.0.0/24", Gateway: "10.0.0.1", MTU: 1450,
		}},
	}
}

var at = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// readISO reads one tree of an image, following it from its descriptor as a
// kernel does.
func readISO(t interface{ Fatalf(string, ...any) }, image []byte, tr tree) map[string]string {
	d := image[(16+int(tr))*sector:][:sector]
	if string(d[1:6]) != "CD001" || int(d[0]) != int(tr)+1 {
		t.Fatalf("descriptor %d begins with %q", tr, d[:6])
	}
	if n := binary.LittleEndian.Uint32(d[80:]); int(n)*sector != len(image) {
		t.Fatalf("volume of %d sectors in %d bytes", n, len(image))
	}
	files := map[string]string{}
	var walk func(prefix string, rec []byte)
	walk = func(prefix string, rec []byte) {
		le, be := binary.LittleEndian, binary.BigEndian
		lba, size := le.Uint32(rec[2:]), le.Uint32(rec[10:])
		if lba != be.Uint32(rec[6:]) || size != be.Uint32(rec[14:]) {
			t.Fatalf("%s: the two byte orders differ", prefix)
		}
		data := image[int(lba)*sector:][:size]
		if rec[25]&2 == 0 {
			files[prefix] = string(data)
			return
		}
		for off, n := 0, 0; off < len(data); n++ {
			length := int(data[off])
			if length == 0 {
				off = (off/sector + 1) * sector
				continue
			}
			r := data[off : off+length]
			off += length
			if n < 2 { // itself and its parent
				continue
			}
			name := string(r[33 : 33+r[32]])
			if tr == joliet {
				var u []uint16
				for i := 0; i < len(name); i += 2 {
					u = append(u, be.Uint16([]byte(name[i:])))
				}
				name = string(utf16.Decode(u))
			} else {
				name = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(name, ";1"), "."))
			}
			walk(strings.TrimPrefix(prefix+"/"+name, "/"), r)
		}
	}
	walk("", d[156:190])
	return files
}

func TestImage(t *testing.T) {
	image, err := Image(guest(), at)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := Documents(guest())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for name, p := range docs {
		want["openstack/"+name] = string(p)
	}
	for _, tr := range []tree{primary, joliet} {
		if diff := cmp.Diff(want, readISO(t, image, tr)); diff != "" {
			t.Errorf("tree %d (-want +got):\n%s", tr, diff)
		}
	}
	again, err := Image(guest(), at)
	if err != nil || !bytes.Equal(image, again) {
		t.Errorf("made twice, it differs: %v", err)
	}
	if blkid, err := exec.LookPath("blkid"); err == nil {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, image, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(blkid, "-p", path).CombinedOutput()
		if err != nil || !strings.Contains(string(out), `LABEL="config-2"`) || !strings.Contains(string(out), `TYPE="iso9660"`) {
			t.Errorf("blkid: %v: %s", err, out)
		}
	}
}

func TestDocuments(t *testing.T) {
	docs, err := Documents(guest())
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(docs))
	if want := []string{"content/0000", "latest/meta_data.json", "latest/network_data.json", "latest/user_data", "latest/vendor_data.json"}; !slices.Equal(names, want) {
		t.Errorf("documents %v, want %v", names, want)
	}
	if got := string(docs["latest/user_data"]); got != "#!/bin/sh\necho hi\n" {
		t.Errorf("user_data %q", got)
	}
	for name, want := range map[string]string{
		"latest/meta_data.json": `{"uuid":"6a1b7f0e-3c1d-4d52-9a73-0f3b1d1b2c3d","name":"web 1","hostname":"web-1","project_id":"p1",
			"availability_zone":"nova","launch_index":2,"public_keys":{"mine":"ssh-ed25519 AAAA me"},
			"keys":[{"name":"mine","type":"ssh","data":"ssh-ed25519 AAAA me"}],"meta":{"role":"web"},
			"files":[{"content_path":"/content/0000","path":"/etc/motd"}],"devices":[]}`,
		"latest/network_data.json": `{"links":[{"id":"tap11111111-22","vif_id":"11111111-2222-3333-4444-555555555555","type":"bridge",
			"ethernet_mac_address":"fa:16:3e:00:00:01","mtu":1450}],
			"networks":[{"id":"network0","type":"ipv4_dhcp","link":"tap11111111-22","network_id":"n1"}],"services":[]}`,
	} {
		var a, b any
		if err := json.Unmarshal(docs[name], &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(want), &b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, a); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	bad := guest()
	bad.UserData = "%%%"
	if _, err := Documents(bad); !fault.Is(err, fault.BadRequest) {
		t.Errorf("user_data that is not base64: %v", err)
	}
	if _, err := Documents(cloud.Guest{}); err != nil {
		t.Errorf("an empty guest: %v", err)
	}
}

func TestISOReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := map[string][]byte{}
		for i := range rapid.IntRange(0, 120).Draw(t, "files") {
			name := fmt.Sprintf("%s/%04d.json", rapid.SampledFrom([]string{"a", "b_b", "c"}).Draw(t, "dir"), i)
			files[name] = bytes.Repeat([]byte{byte(i)}, rapid.SampledFrom([]int{0, 1, sector - 1, sector, sector + 1, 5000}).Draw(t, "size"))
		}
		image, err := writeISO("x", files, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, tr := range []tree{primary, joliet} {
			got := readISO(t, image, tr)
			if len(got) != len(files) {
				t.Fatalf("%d files, want %d", len(got), len(files))
			}
			for name, p := range files {
				if got[name] != string(p) {
					t.Fatalf("%s differs", name)
				}
			}
		}
	})
}

func TestISORefusesNames(t *testing.T) {
	for _, name := range []string{"", "a//b", "../a", "A", "a b", strings.Repeat("x", 28)} {
		_, err := writeISO("x", map[string][]byte{name: nil}, at)
		if err == nil {
			t.Errorf("writeISO took the name %q", name)
		}
	}
}
