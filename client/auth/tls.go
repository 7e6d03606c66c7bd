package auth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// tls returns the settings of TLS; nil for the system's.
func (c *Config) tls() (*tls.Config, error) {
	insecure := c.unverified()
	ca, cert, key := c.Get(CACert), c.Get(Cert), c.Get(PrivateKey)
	if !insecure && ca == "" && cert == "" {
		if key != "" {
			return nil, settingError("A client key (%s) needs its certificate: set OS_CERT or --os-cert.", c.From(PrivateKey))
		}
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure}
	if ca != "" && !insecure {
		pem, err := readAuthorities(ca)
		if err != nil {
			return nil, settingError("The CA file %s (%s) cannot be read: %v.", ca, c.From(CACert), bare(err))
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, settingError("The CA file %s (%s) has no certificate in PEM form.", ca, c.From(CACert))
		}
	}
	if cert != "" {
		if key == "" {
			key = cert // one file may hold both
		}
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, settingError("The client certificate %s (%s) and its key cannot be used: %v.", cert, c.From(Cert), bare(err))
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

// unverified reports whether the server's certificate is not to be checked.
func (c *Config) unverified() bool {
	switch strings.ToLower(c.Get(Verify)) {
	case "false", "no", "off":
		return true
	}
	return c.True(Insecure)
}

// readAuthorities reads a file of certificates, or all of a folder, as the
// variables of Python's requests may name.
func readAuthorities(path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return os.ReadFile(path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, entry := range entries {
		pem, err := os.ReadFile(filepath.Join(path, entry.Name()))
		if err == nil {
			all = append(append(all, pem...), '\n')
		}
	}
	return all, nil
}

// bare takes the file name out of an error that is told with it.
func bare(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}
