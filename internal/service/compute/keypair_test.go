package compute_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
)

const (
	testKey         = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJLsyzSbInFHRCu3FRFO2MqN74RbRneCXLrSjStWtn+E me@here"
	testFingerprint = "c2:44:73:ff:b6:de:03:01:98:4c:75:79:0f:ef:89:3d" // as a real Nova says
)

func keyBody(members string) string { return `{"keypair": {` + members + `}}` }

func TestKeypairsAsNovaAnswers(t *testing.T) {
	const key = `"public_key": "` + testKey + `"`
	const shown = key + `, "fingerprint": "` + testFingerprint + `"`
	both(t, func(e *edge) {
		e.run([]exchange{
			{"demo", "2.1", "GET /os-keypairs", "", 200, `{"keypairs": []}`},
			{"demo", "2.1", "POST /os-keypairs", keyBody(`"name": "a", ` + key), 200, `{"keypair": {"name": "a", ` + shown + `, "user_id": "u-demo"}}`},
			{"demo", "2.1", "POST /os-keypairs", keyBody(`"name": "a", ` + key), 409, `{"conflictingRequest": {"code": 409, "message": "Key pair 'a' already exists."}}`},
			{"demo", "2.2", "POST /os-keypairs", keyBody(`"name": "b c", ` + key), 201, `{"keypair": {"type": "ssh", "name": "b c", ` + shown + `, "user_id": "u-demo"}}`},
			{"demo", "2.92", "POST /os-keypairs", keyBody(`"name": "c@d.e", "type": "ssh", ` + key), 201, ""},
			{"other", "2.1", "POST /os-keypairs", keyBody(`"name": "a", ` + key), 200, ""},

			{"demo", "2.1", "GET /os-keypairs/a", "", 200, `{"keypair": {"name": "a", ` + shown + `, "user_id": "u-demo", "created_at": "2026-11-22T12:00:00.123456",
				"deleted": false, "deleted_at": null, "id": 1, "updated_at": null}}`},
			{"demo", "2.2", "GET /os-keypairs/a", "", 200, `"updated_at":null,"type":"ssh"}}`},
			{"demo", "2.1", "GET /os-keypairs/x", "", 404, `{"itemNotFound": {"code": 404, "message": "Keypair x not found for user u-demo"}}`},
			{"demo", "2.1", "GET /os-keypairs?limit=1&marker=nope&unknown=1", "", 200, `"c@d.e"`},
			{"demo", "2.1", "GET /os-keypairs?limit=0", "", 200, `"c@d.e"`},
			{"demo", "2.35", "GET /os-keypairs?limit=1&marker=a", "", 200, `{"keypairs": [{"keypair": {"name": "b c", ` + shown + `, "type": "ssh"}}],
				"keypairs_links": [{"rel": "next", "href": "{url}/compute/v2.1/os-keypairs?limit=1&marker=b+c"}]}`},
			{"demo", "2.35", "GET /os-keypairs?limit=0", "", 200, `{"keypairs": []}`},
			{"demo", "2.35", "GET /os-keypairs?marker=nope", "", 400, `"Marker nope could not be found."`},
			{"demo", "2.35", "GET /os-keypairs?limit=-1", "", 400, "limit"},
			{"demo", "2.75", "GET /os-keypairs?unknown=1", "", 400, "unknown"},

			// Other users' key pairs are for administrators, from 2.10.
			{"admin", "2.1", "GET /os-keypairs?user_id=u-demo", "", 200, `{"keypairs": []}`},
			{"admin", "2.10", "GET /os-keypairs?user_id=u-demo", "", 200, `"b c"`},
			{"demo", "2.10", "GET /os-keypairs?user_id=u-demo", "", 200, `"b c"`},
			{"demo", "2.10", "GET /os-keypairs?user_id=u-other", "", 403, `{"forbidden": {"code": 403, "message": "Policy doesn't allow os_compute_api:os-keypairs:index to be performed."}}`},
			{"other", "2.10", "GET /os-keypairs/b%20c?user_id=u-demo", "", 403, "os-keypairs:show"},
			{"other", "2.10", "DELETE /os-keypairs/a?user_id=u-demo", "", 403, "os-keypairs:delete"},
			{"demo", "2.9", "POST /os-keypairs", keyBody(`"name": "x", "user_id": "u-demo", ` + key), 400, "user_id"},
			{"demo", "2.10", "POST /os-keypairs", keyBody(`"name": "x", "user_id": "u-other", ` + key), 403, "os-keypairs:create"},
			{"admin", "2.10", "POST /os-keypairs", keyBody(`"name": "x", "user_id": "u-other", ` + key), 201, `"user_id":"u-other"`},
			{"admin", "2.10", "DELETE /os-keypairs/x?user_id=u-other", "", 204, ""},

			{"demo", "2.1", "DELETE /os-keypairs/a", "", 202, ""},
			{"demo", "2.1", "DELETE /os-keypairs/a", "", 404, "Keypair a not found"},
			{"demo", "2.2", "DELETE /os-keypairs/c@d.e", "", 204, ""},
			{"other", "2.1", "GET /os-keypairs/a", "", 200, ""}, // another user's of the same name stayed
		})
	})
}

func TestKeypairInputIsRefusedByName(t *testing.T) {
	one(t, func(e *edge) {
		rows := []exchange{
			{"demo", "2.1", "POST /os-keypairs", `{}`, 400, "keypair"},
			{"demo", "2.1", "POST /os-keypairs", `{"keypair": null}`, 400, "keypair"},
			{"demo", "2.1", "POST /os-keypairs", `not json`, 400, "Malformed request body"},
			{"demo", "2.1", "POST /os-keypairs", keyBody(`"name": "k", "x": 1`), 400, "x"},
			{"demo", "2.1", "POST /os-keypairs", keyBody(`"name": "k", "type": "ssh", "public_key": "` + testKey + `"`), 400, "type"},
			{"demo", "2.2", "POST /os-keypairs", keyBody(`"name": "k", "type": "dsa", "public_key": "` + testKey + `"`), 400, "type"},
			{"demo", "2.2", "POST /os-keypairs", keyBody(`"name": "k", "type": "x509", "public_key": "` + testKey + `"`), 400, "certificate"},
			{"demo", "2.2", "POST /os-keypairs", keyBody(`"name": "k", "type": "x509"`), 501, "x509"},
			{"demo", "2.92", "POST /os-keypairs", keyBody(`"name": "k"`), 400, "public_key"},
		}
		for _, name := range []string{`""`, `" "`, `"a/b"`, `"a.b"`, `"a@b"`, `"é"`, `"a\n"`, `1`, `null`, `"` + strings.Repeat("a", 256) + `"`} {
			rows = append(rows, exchange{"demo", "2.1", "POST /os-keypairs", keyBody(`"name": ` + name + `, "public_key": "` + testKey + `"`), 400, "name"})
		}
		for _, key := range []string{`""`, `"nonsense"`, `"ssh-rsa AAAA"`, `"ssh-rsa notbase64 x"`, `1`, `null`, `"` + strings.Repeat("A", 60000) + `"`} {
			rows = append(rows, exchange{"demo", "2.1", "POST /os-keypairs", keyBody(`"name": "k", "public_key": ` + key), 400, ""})
		}
		e.run(append(rows, exchange{"demo", "2.1", "GET /os-keypairs", "", 200, `{"keypairs": []}`}))
	})
}

func TestGeneratedKeyFitsItsPublicKey(t *testing.T) {
	one(t, func(e *edge) {
		got := e.do("demo", "2.2", "POST", "/os-keypairs", keyBody(`"name": "made"`))
		var made struct {
			Keypair struct {
				PrivateKey  string `json:"private_key"`
				PublicKey   string `json:"public_key"`
				Fingerprint string `json:"fingerprint"`
			} `json:"keypair"`
		}
		if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != 201 {
			t.Fatal(got, err)
		}
		signer, err := ssh.ParsePrivateKey([]byte(made.Keypair.PrivateKey))
		if err != nil {
			t.Fatal(err)
		}
		public, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(made.Keypair.PublicKey))
		if err != nil || comment != "Generated-by-Nova" {
			t.Fatal(comment, err)
		}
		if string(public.Marshal()) != string(signer.PublicKey().Marshal()) {
			t.Error("the halves do not fit")
		}
		if want := ssh.FingerprintLegacyMD5(public); made.Keypair.Fingerprint != want {
			t.Errorf("fingerprint %s instead of %s", made.Keypair.Fingerprint, want)
		}
		if !strings.HasPrefix(made.Keypair.PrivateKey, "-----BEGIN RSA PRIVATE KEY-----\n") {
			t.Errorf("clients expect an RSA key in PKCS #1: %.40s", made.Keypair.PrivateKey)
		}
		for _, path := range []string{"/os-keypairs", "/os-keypairs/made"} {
			if again := e.do("demo", "2.2", "GET", path, ""); strings.Contains(again.body, "private") {
				t.Errorf("%s tells the private key again", path)
			}
		}
	})
}

func TestCertificatesAreImported(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	plan := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: epoch.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, plan, plan, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	one(t, func(e *edge) {
		got := e.do("demo", "2.2", "POST", "/os-keypairs", keyBody(`"name": "win", "type": "x509", "public_key": `+string(text)))
		if got.status != 201 || !strings.Contains(got.body, `"type":"x509"`) {
			t.Fatal(got)
		}
		var made struct {
			Keypair struct{ Fingerprint string } `json:"keypair"`
		}
		if err := json.Unmarshal([]byte(got.body), &made); err != nil || strings.Count(made.Keypair.Fingerprint, ":") != 19 {
			t.Errorf("fingerprint %q, %v", made.Keypair.Fingerprint, err)
		}
	})
}

func TestKeypairQuota(t *testing.T) {
	one(t, func(e *edge) {
		e.tx(func(ctx context.Context, tx *store.Tx) error {
			return tx.SetLimits(ctx, "p-demo", "", cloud.Quotas{cloud.QuotaKeyPairs: 1})
		})
		key := `"public_key": "` + testKey + `"`
		e.run([]exchange{
			{"demo", "2.1", "POST /os-keypairs", keyBody(`"name": "a", ` + key), 200, ""},
			{"demo", "2.1", "POST /os-keypairs", keyBody(`"name": "b", ` + key), 403, `{"forbidden": {"code": 403, "message": "Quota exceeded, too many key pairs."}}`},
		})
	})
}
