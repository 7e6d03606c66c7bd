package compute

import "github.com/novalet/novalet/api/wire"

func serverTagRoutes() []wire.Endpoint { return nil }
