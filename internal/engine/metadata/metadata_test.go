package metadata

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/hostnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var web = cloud.Guest{
	ServerID: "6a1b7f0e-3c1d-4d52-9a73-0f3b1d1b2c3d", InstanceName: "instance-0000002a", Name: "web 1", Hostname: "web-1",
	Zone: "nova", LaunchIndex: 2, Metadata: map[string]string{"role": "web"},
	PublicKeys: map[string]string{"mine": "ssh-ed25519 AAAA me"},
	UserData:   base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\necho hi\n")),
	Files:      []cloud.GuestFile{{Path: "/etc/motd", Contents: []byte("hello")}},
	Image:      cloud.GuestImage{ID: "0123456789abcdef"}, Kernel: &cloud.GuestImage{ID: "fedcba98-7654"},
	Ports: []cloud.GuestPort{{ID: "p1", NetworkID: "n1", MAC: "fa:16:3e:00:00:01", IP: "10.0.0.5", CIDR: "10.0.0.0/24", MTU: 1450}},
}

var guests = map[string]cloud.Guest{
	"10.0.0.5": web,
	"10.0.0.6": {ServerID: "bare", InstanceName: "instance-00000001", Hostname: "bare"},
	"10.0.0.7": {ServerID: "bad", UserData: "%%%"},
}

func find(ip netip.Addr) (cloud.Guest, error) {
	if g, ok := guests[ip.String()]; ok {
		return g, nil
	}
	return cloud.Guest{}, fault.New(fault.NotFound, "nobody has %s", ip)
}

func get(from, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = from + ":40000"
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler(find, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
	return w
}

func TestDocuments(t *testing.T) {
	for _, tt := range []struct {
		from, path string
		status     int
		want       string // the whole text; of 200 only
	}{
		{"10.0.0.5", "/", 200, "2009-04-04\nlatest\nopenstack"},
		{"10.0.0.5", "/openstack", 200, "2018-08-27\ncontent\nlatest"},
		{"10.0.0.5", "/openstack/", 200, "2018-08-27\ncontent\nlatest"},
		{"10.0.0.5", "/openstack/2018-08-27", 200, "meta_data.json\nnetwork_data.json\nuser_data\nvendor_data.json"},
		{"10.0.0.6", "/openstack/latest/", 200, "meta_data.json\nnetwork_data.json\nvendor_data.json"},
		{"10.0.0.5", "/openstack/latest/user_data", 200, "#!/bin/sh\necho hi\n"},
		{"10.0.0.5", "/openstack/latest/vendor_data.json", 200, "{}"},
		{"10.0.0.5", "/openstack/content/0000", 200, "hello"},
		{"10.0.0.6", "/openstack/latest/user_data", 404, ""},
		{"10.0.0.5", "/openstack/latest/vendor_data2.json", 404, ""},
		{"10.0.0.5", "/openstack/1999-01-01/meta_data.json", 404, ""},
		{"10.0.0.5", "/latest", 200, "meta-data\nuser-data"},
		{"10.0.0.6", "/latest/", 200, "meta-data"},
		{"10.0.0.5", "/latest/meta-data/", 200, "ami-id\nami-launch-index\nblock-device-mapping/\nhostname\ninstance-action\ninstance-id\n" +
			"kernel-id\nlocal-hostname\nlocal-ipv4\nmac\nplacement/\npublic-hostname\npublic-keys/"},
		{"10.0.0.5", "/latest/meta-data/instance-id", 200, "i-0000002a"},
		{"10.0.0.5", "/2009-04-04/meta-data/hostname", 200, "web-1"},
		{"10.0.0.5", "/latest/meta-data/local-ipv4", 200, "10.0.0.5"},
		{"10.0.0.5", "/latest/meta-data/ami-id", 200, "ami-01234567"},
		{"10.0.0.5", "/latest/meta-data/kernel-id", 200, "aki-fedcba98"},
		{"10.0.0.5", "/latest/meta-data/ami-launch-index", 200, "2"},
		{"10.0.0.5", "/latest/meta-data/placement/availability-zone", 200, "nova"},
		{"10.0.0.5", "/latest/meta-data/public-keys", 200, "0=mine"},
		{"10.0.0.5", "/latest/meta-data/public-keys/0", 200, "openssh-key"},
		{"10.0.0.5", "/latest/meta-data/public-keys/0/openssh-key", 200, "ssh-ed25519 AAAA me"},
		{"10.0.0.5", "/latest/user-data", 200, "#!/bin/sh\necho hi\n"},
		{"10.0.0.6", "/latest/user-data", 404, ""},
		{"10.0.0.6", "/latest/meta-data/public-keys/", 404, ""},
		{"10.0.0.5", "/latest/../openstack", 404, ""},
		{"10.0.0.7", "/openstack/latest/meta_data.json", 500, ""},
		{"10.0.0.99", "/openstack/latest/meta_data.json", 404, ""},
	} {
		w := get(tt.from, "GET", tt.path)
		if w.Code != tt.status || tt.status == 200 && w.Body.String() != tt.want {
			t.Errorf("GET %s from %s: %d %q, want %d %q", tt.path, tt.from, w.Code, w.Body, tt.status, tt.want)
		}
	}
}

func TestMetaData(t *testing.T) {
	w := get("10.0.0.5", "GET", "/openstack/latest/meta_data.json")
	var doc struct {
		UUID       string            `json:"uuid"`
		PublicKeys map[string]string `json:"public_keys"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.UUID != web.ServerID || doc.PublicKeys["mine"] == "" {
		t.Errorf("%s: %v", w.Body, err)
	}
	if kind := w.Header().Get("Content-Type"); kind != "application/json" {
		t.Errorf("content type %s", kind)
	}
}

// What a guest says of itself changes nothing.
func TestHeadersAreNotBelieved(t *testing.T) {
	for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Instance-ID", "Host"} {
		w := get("10.0.0.6", "GET", "/latest/meta-data/hostname", name, "10.0.0.5")
		if w.Body.String() != "bare" {
			t.Errorf("with %s the guest is %q", name, w.Body)
		}
	}
	if w := get("10.0.0.5", "POST", "/openstack/latest/password"); w.Code != 405 || !strings.Contains(w.Header().Get("Allow"), "GET") {
		t.Errorf("POST: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

// The service ends with the network.
func TestListenEnds(t *testing.T) {
	n, err := hostnet.New(hostnet.Config{
		Name: "private", CIDR: netip.MustParsePrefix("10.0.0.0/24"), Gateway: netip.MustParseAddr("10.0.0.1"), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := New(slog.New(slog.DiscardHandler))
	if err := s.Listen("n1", n, find); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	s.Wait()
}
