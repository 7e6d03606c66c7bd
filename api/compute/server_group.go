package compute

import "github.com/novalet/novalet/api/wire"

func serverGroupRoutes() []wire.Endpoint { return nil }
