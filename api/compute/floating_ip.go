package compute

import "github.com/novalet/novalet/api/wire"

func floatingIPRoutes() []wire.Endpoint { return nil }
