package compute

import "github.com/novalet/novalet/api/wire"

func serverImageRoutes() []wire.Endpoint { return nil }
