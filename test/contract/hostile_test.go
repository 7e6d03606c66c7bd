package contract

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/compute"
)

// TestHostileNames gives things names that cannot be printed, that are not the
// text they look like, or that are too long.
func TestHostileNames(t *testing.T) {
	w := newWorld(t)
	image := w.field(w.must(200, "admin", "GET", "/image/v2/images?name=guest", ""), "images", "0", "id")
	before := w.rows()
	for _, name := range []string{
		"", " ", " x", "x ", "a\x00b", "a\ab", "a\nb", "\x7f", "\u0085", "\u200b", "\u202egnp", "\ue000", "\U0001F600", strings.Repeat("é", 256), "\u2028",
	} {
		text, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		for path, body := range map[string]string{
			"/compute/v2.1/servers":     `{"server":{"name":%s,"imageRef":"` + image + `","flavorRef":"1","networks":"none"}}`,
			"/compute/v2.1/flavors":     `{"flavor":{"name":%s,"ram":1,"vcpus":1,"disk":1}}`,
			"/compute/v2.1/os-keypairs": `{"keypair":{"name":%s,"public_key":"` + publicKey + `"}}`,
		} {
			refused(t, path+" named "+string(text), w.do("admin", "POST", path, fmt.Sprintf(body, text), at(compute.MaxVersion)), "name")
		}
	}
	for _, name := range []string{"a\x00b", "a\ab", strings.Repeat("é", 256)} {
		text, _ := json.Marshal(name)
		refused(t, "an image named "+string(text), w.do("admin", "POST", "/image/v2/images", fmt.Sprintf(`{"name":%s}`, text)), "name")
	}
	w.unchanged(before, "hostile names")
	for _, name := range []string{"café", "中文", "a b", "<script>", "'; DROP TABLE flavors; --", "%s%n", "../../etc"} {
		text, _ := json.Marshal(name)
		r := w.must(200, "admin", "POST", "/compute/v2.1/flavors", fmt.Sprintf(`{"flavor":{"name":%s,"ram":1,"vcpus":1,"disk":1}}`, text))
		if got := w.field(r, "flavor", "name"); got != name {
			t.Errorf("a flavor named %q is called %q", name, got)
		}
	}
}

// qcow2 is a header of a disk of 1 GiB that set changes.
func qcow2(version uint32, set func(h []byte)) []byte {
	h := make([]byte, 65536)
	copy(h, "QFI\xfb")
	binary.BigEndian.PutUint32(h[4:], version)
	binary.BigEndian.PutUint32(h[20:], 16)
	binary.BigEndian.PutUint64(h[24:], 1<<30)
	binary.BigEndian.PutUint32(h[36:], 2)
	binary.BigEndian.PutUint64(h[40:], 3<<16)
	binary.BigEndian.PutUint32(h[100:], 104)
	if set != nil {
		set(h)
	}
	return h
}

// TestHostileImages uploads what would make a host read or write something
// else than the image, or that is not what it says it is: refused, and nothing
// is kept of it.
func TestHostileImages(t *testing.T) {
	w := newWorld(t)
	whole := qcow2(3, nil)
	for name, test := range map[string]struct {
		format string
		data   []byte
	}{
		"qcow2 with a backing file": {"qcow2", qcow2(3, func(h []byte) {
			binary.BigEndian.PutUint64(h[8:], 512)
			binary.BigEndian.PutUint32(h[16:], 11)
			copy(h[512:], "/etc/passwd")
		})},
		"qcow2 v2 with a backing file": {"qcow2", qcow2(2, func(h []byte) {
			binary.BigEndian.PutUint64(h[8:], 512)
			binary.BigEndian.PutUint32(h[16:], 11)
			copy(h[512:], "/etc/passwd")
		})},
		"qcow2 with an external data file": {"qcow2", qcow2(3, func(h []byte) { binary.BigEndian.PutUint64(h[72:], 1<<2) })},
		"qcow2 with an unknown feature":    {"qcow2", qcow2(3, func(h []byte) { binary.BigEndian.PutUint64(h[72:], 1<<40) })},
		"qcow2 of a later version":         {"qcow2", qcow2(99, nil)},
		"qcow2 that says raw":              {"raw", whole},
		"zeros that say qcow2":             {"qcow2", make([]byte, 4096)},
		"text that says qcow2":             {"qcow2", []byte("hello")},
		"half a magic":                     {"qcow2", whole[:3]},
		"half a header":                    {"qcow2", whole[:60]},
		"nearly a header":                  {"qcow2", whole[:103]},
		"vmdk that names another file": {"vmdk", []byte("# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n" +
			"createType=\"monolithicFlat\"\n\n# Extent description\nRW 2048 FLAT \"/etc/passwd\" 0\n")},
		"vmdk descriptor that says raw": {"raw", []byte("# Disk DescriptorFile\nversion=1\ncreateType=\"monolithicFlat\"\nRW 2048 FLAT \"/etc/passwd\" 0\n" + strings.Repeat(" ", 4096))},
		"half a vmdk":                   {"vmdk", []byte("KDMV\x01\x00")},
	} {
		made := w.must(201, "member", "POST", "/image/v2/images", fmt.Sprintf(`{"name":"hostile","disk_format":%q,"container_format":"bare"}`, test.format))
		id := w.field(made, "id")
		before := w.rows()
		r := w.do("member", "PUT", "/image/v2/images/"+id+"/file", string(test.data), header("Content-Type", "application/octet-stream"))
		refused(t, name, r, "")
		w.unchanged(before, name)
		shown := w.must(200, "member", "GET", "/image/v2/images/"+id, "")
		if status := w.field(shown, "status"); status != "queued" {
			t.Errorf("%s: the image is %s: %s", name, status, shown.body)
		}
		if r := w.do("member", "GET", "/image/v2/images/"+id+"/file", ""); r.status == http.StatusOK || len(r.body) > 0 && r.status < 300 {
			t.Errorf("%s: it has data: %d", name, r.status)
		}
		body := fmt.Sprintf(`{"server":{"name":"x","imageRef":%q,"flavorRef":"1","networks":"none"}}`, id)
		refused(t, "a server of "+name, w.do("member", "POST", "/compute/v2.1/servers", body, at(compute.MaxVersion)), id)
		w.unchanged(before, "a server of "+name)
	}
}
