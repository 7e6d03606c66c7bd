package compute

import "github.com/novalet/novalet/api/wire"

func interfaceRoutes() []wire.Endpoint { return nil }
