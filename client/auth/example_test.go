package auth_test

import (
	"fmt"

	"github.com/novalet/novalet/client/auth"
)

// Every setting knows where it came from; a password does not show.
func ExampleLoad() {
	environment := map[string]string{"OS_AUTH_URL": "http://cloud:5000/v3", "OS_USERNAME": "demo", "OS_PASSWORD": "hush"}
	config, err := auth.Load(auth.Sources{
		Flags: map[string]string{"os_username": "admin", "os_region_name": "RegionOne"},
		Env: func(name string) (string, bool) {
			value, ok := environment[name]
			return value, ok
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(config)
	// Output:
	// auth_url=http://cloud:5000/v3 (OS_AUTH_URL from environment)
	// username=admin (--os-username)
	// password=*** (OS_PASSWORD from environment)
	// region_name=RegionOne (--os-region-name)
	// interface=publicURL (default)
	// api_timeout=600 (default)
	// compute_api_version=2.latest (default)
}
