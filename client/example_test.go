package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// A call is a route of the contract with its input; errors are told apart with
// errors.Is.
func ExampleDo() {
	cloud := httptest.NewServer(answer(404, `{"itemNotFound": {"code": 404, "message": "Flavor 7 could not be found."}}`))
	defer cloud.Close()
	session := client.Static{AuthToken: "a token", Endpoints: map[string]string{"compute": cloud.URL + "/v2.1"}}
	c := client.New(client.NewTransport(client.Options{}), session).At(wire.V(2, 61))

	_, err := client.Do(context.Background(), c.Compute, compute.ShowFlavor, compute.FlavorID{ID: "7"})
	fmt.Println(err)
	fmt.Println(errors.Is(err, client.ErrNotFound))
	// Output:
	// Flavor 7 could not be found. (HTTP 404)
	// true
}

// Lists are iterators over all pages.
func ExampleFlavors_List() {
	cloud := httptest.NewServer(answer(200, `{"flavors": [{"id": "1", "name": "m1.tiny", "ram": 512}, {"id": "2", "name": "m1.small", "ram": 2048}]}`))
	defer cloud.Close()
	session := client.Static{Endpoints: map[string]string{"compute": cloud.URL}}
	c := client.New(client.NewTransport(client.Options{}), session).At(wire.V(2, 1))

	for flavor, err := range c.Flavors.List(context.Background(), compute.FlavorQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(flavor.Name, flavor.RAM)
	}
	// Output:
	// m1.tiny 512
	// m1.small 2048
}

// Until waits for anything that can be looked at.
func ExampleUntil() {
	looks := 0
	wait := client.Wait{What: "the third look", Every: time.Millisecond, Timeout: time.Minute}
	seen, err := client.Until(context.Background(), wait, func(context.Context) (int, bool, error) {
		looks++
		return looks, looks == 3, nil
	})
	fmt.Println(seen, err)
	// Output:
	// 3 <nil>
}

// Trace sees every exchange, without its secrets.
func ExampleOptions_trace() {
	cloud := httptest.NewServer(answer(200, `{"keypair": {"name": "k"}}`))
	defer cloud.Close()
	trace := func(x client.Exchange) { fmt.Println(x.Purpose, x.Route, x.Policy, x.Method, x.Status) }
	session := client.Static{AuthToken: "a token", Endpoints: map[string]string{"compute": cloud.URL}}
	c := client.New(client.NewTransport(client.Options{Trace: trace}), session).At(wire.V(2, 1))
	if _, err := c.Keypairs.Get(context.Background(), "k"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// call keypairs.show os_compute_api:os-keypairs:show GET 200
}
