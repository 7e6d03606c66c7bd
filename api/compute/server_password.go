package compute

import "github.com/novalet/novalet/api/wire"

func serverPasswordRoutes() []wire.Endpoint { return nil }
