// Command nova is the client of the OpenStack Compute API; called by the name openstack it is that command.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/novalet/novalet/internal/cli/nova"
)

func main() {
	if strings.HasPrefix(filepath.Base(os.Args[0]), "openstack") {
		fmt.Fprintln(os.Stderr, "openstack: this program has no openstack commands yet; its Compute commands are those of nova (see `nova help`), or use python-openstackclient.")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := nova.Main(ctx, nova.FromOS(os.Args[1:]))
	stop()
	os.Exit(code)
}
