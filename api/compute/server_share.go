package compute

import "github.com/novalet/novalet/api/wire"

func serverShareRoutes() []wire.Endpoint { return nil }
