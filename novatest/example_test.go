package novatest_test

import (
	"fmt"
	"testing"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/novatest"
)

// A test of a program that talks to OpenStack.
func Example() {
	test := func(t *testing.T) {
		cloud := novatest.New(t, novatest.Hosts(3), novatest.Faults("spawn delay=50ms"))
		c := cloud.Client(cloud.Demo()).At(wire.V(2, 79))
		for flavor, err := range c.Flavors.List(t.Context(), compute.FlavorQuery{}) {
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(flavor.Name)
		}
		// Programs of any language find the cloud in their environment:
		//	cmd.Env = append(os.Environ(), cloud.Demo().Env()...)
	}
	_ = test // of a file whose name ends in _test.go
}
