package compute

import "github.com/novalet/novalet/api/wire"

func volumeRoutes() []wire.Endpoint { return nil }
