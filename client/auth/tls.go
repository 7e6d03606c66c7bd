package auth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"strings"
)

// tls returns the settings of TLS; nil for the system's.
func (c *Config) tls() (*tls.Config, error) {
	insecure := c.True(Insecure)
	if verify := strings.ToLower(c.Get(Verify)); verify == "false" || verify == "no" || verify == "off" {
		insecure = true
	}
	ca, cert, key := c.Get(CACert), c.Get(Cert), c.Get(PrivateKey)
	if !insecure && ca == "" && cert == "" {
		if key != "" {
			return nil, settingError("A client key (%s) needs its certificate: set OS_CERT or --os-cert.", c.From(PrivateKey))
		}
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure}
	if ca != "" && !insecure {
		pem, err := os.ReadFile(ca)
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

// bare takes the file name out of an error that is told with it.
func bare(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}
