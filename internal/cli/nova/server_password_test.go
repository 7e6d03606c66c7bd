package nova

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// What a guest encrypts with a public key is opened with the private one, in whatever form its file is.
func TestDecryptPassword(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 this is how guests encrypt
	sealed, err := rsa.EncryptPKCS1v15(rand.Reader, &key.PublicKey, []byte("sésame 1"))
	if err != nil {
		t.Fatal(err)
	}
	posted := base64.StdEncoding.EncodeToString(sealed)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	openSSH := func(key crypto.PrivateKey) *pem.Block {
		block, err := ssh.MarshalPrivateKey(key, "")
		if err != nil {
			t.Fatal(err)
		}
		return block
	}
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("open"))
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	for _, c := range []struct {
		name       string
		key        *pem.Block
		passphrase string
		posted     string
		fail       string // what the error has in it; empty for none
	}{
		{"PKCS #1", pkcs1, "", posted, ""},
		{"PKCS #8", &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}, "", posted, ""},
		{"OpenSSH", openSSH(key), "", posted, ""},
		{"OpenSSH with a passphrase", locked, "open", posted, ""},
		{"with a wrong passphrase", locked, "wrong", posted, "is not the passphrase"},
		{"encrypted PKCS #8", &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: pkcs8}, "", posted, "ssh-keygen -p"},
		{"no RSA key", openSSH(other), "", posted, "no RSA key"},
		{"no key", &pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}, "", posted, "no private key in"},
		{"for another key", pkcs1, "", base64.StdEncoding.EncodeToString(make([]byte, 256)), "not encrypted for"},
		{"no base64", pkcs1, "", "%%", "not in base64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, pem.EncodeToMemory(c.key), 0o600); err != nil {
				t.Fatal(err)
			}
			asked := 0
			plain, err := decryptPassword(path, c.posted, func() (string, error) { asked++; return c.passphrase, nil })
			switch {
			case c.fail != "":
				if err == nil || !strings.Contains(err.Error(), c.fail) {
					t.Errorf("%v, want %q", err, c.fail)
				}
			case err != nil || plain != "sésame 1":
				t.Errorf("%q, %v", plain, err)
			}
			if (asked > 0) != (c.passphrase != "") {
				t.Errorf("asked %d times for a passphrase", asked)
			}
		})
	}
	if _, err := decryptPassword("/nothing/here", posted, nil); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a key that is not there: %v", err)
	}
	failed := errors.New("nobody")
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, pem.EncodeToMemory(locked), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := decryptPassword(path, posted, func() (string, error) { return "", failed }); !errors.Is(err, failed) {
		t.Errorf("nobody to ask for the passphrase: %v", err)
	}
}

func TestPromptWithoutTerminal(t *testing.T) {
	for _, c := range []struct{ stdin, want, fail string }{
		{"sesame\nsesame\n", "sesame", ""},
		{"se same\nse same", "se same", ""},
		{"\n\n", "", ""},
		{"sesame\nother\n", "", "Passwords do not match."},
		{"sesame\n", "", "stdin has ended"},
		{"", "", "stdin has ended"},
	} {
		var shown strings.Builder
		p := &prompt{lines: bufio.NewReader(strings.NewReader(c.stdin)), show: &shown}
		got, err := p.twice(t.Context(), "New password: ", "Again: ")
		if (err == nil) != (c.fail == "") || err != nil && !strings.Contains(err.Error(), c.fail) || err == nil && got != c.want {
			t.Errorf("%q: %q, %v", c.stdin, got, err)
		}
		if !strings.HasPrefix(shown.String(), "New password: ") || strings.Contains(shown.String(), "sesame") {
			t.Errorf("%q: shown %q", c.stdin, shown.String())
		}
	}
}
