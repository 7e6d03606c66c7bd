package compute

import "github.com/novalet/novalet/api/wire"

func serverRescueRoutes() []wire.Endpoint { return nil }
