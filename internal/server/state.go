package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/novalet/novalet/internal/cloud"
)

// secrets are the passwords of the users that a new cloud has.
type secrets struct{ admin, demo cloud.Secret }

func (s secrets) text() string {
	return "admin=" + s.admin.Reveal() + "\ndemo=" + s.demo.Reveal() + "\n"
}

func parseSecrets(text string) (s secrets) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name {
		case "admin":
			s.admin = cloud.Secret(value)
		case "demo":
			s.demo = cloud.Secret(value)
		}
	}
	return s
}

func newPassword() cloud.Secret { return cloud.Secret(rand.Text()) }

// Account is a user of a new cloud, as the files for clients name it.
type Account struct {
	User, Project string
	Password      cloud.Secret
}

// Environment is what a client must know, as variables in the order that openrc
// has them; authURL is the identity API's.
func (a Account) Environment(authURL string) [][2]string {
	return [][2]string{
		{"OS_PROJECT_DOMAIN_NAME", "Default"},
		{"OS_USER_DOMAIN_NAME", "Default"},
		{"OS_PROJECT_NAME", a.Project},
		{"OS_USERNAME", a.User},
		{"OS_PASSWORD", a.Password.Reveal()},
		{"OS_AUTH_URL", authURL},
		{"OS_IDENTITY_API_VERSION", "3"},
		{"OS_IMAGE_API_VERSION", "2"},
	}
}

func (a Account) openrc(authURL string) string {
	var b strings.Builder
	for _, pair := range a.Environment(authURL) {
		fmt.Fprintf(&b, "export %s=%s\n", pair[0], pair[1])
	}
	return b.String()
}

func (a Account) cloudsEntry(name, authURL string) string {
	return fmt.Sprintf(`  %s:
    auth:
      auth_url: %s
      username: %s
      password: %s
      project_name: %s
      user_domain_name: Default
      project_domain_name: Default
    identity_api_version: 3
    image_api_version: 2
    region_name: RegionOne
`, name, authURL, a.User, a.Password.Reveal(), a.Project)
}

// writeClientFiles writes openrc, demo-openrc and clouds.yaml.
func (c *control) writeClientFiles() error {
	authURL := c.url() + "/v3"
	admin := Account{"admin", "admin", c.secrets.admin}
	demo := Account{"demo", "demo", c.secrets.demo}
	clouds := "clouds:\n" + admin.cloudsEntry("novalet", authURL) + demo.cloudsEntry("novalet-demo", authURL)
	for name, text := range map[string]string{
		"openrc": admin.openrc(authURL), "demo-openrc": demo.openrc(authURL), "clouds.yaml": clouds,
	} {
		if err := writeFile(filepath.Join(c.cfg.StateDir, name), text); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file that only its owner reads, whole or not at all.
func writeFile(path, text string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return err
	}
	_, err = temporary.WriteString(text)
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}
