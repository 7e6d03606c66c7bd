//go:build !unix

package nova

import (
	"errors"
	"os"
	"os/exec"
)

// replaceProcess runs a program and ends this one with its exit code. Ctrl-C reaches both; the program decides.
func replaceProcess(path string, argv, environment []string) error {
	command := exec.Command(path, argv[1:]...)
	command.Env, command.Stdin, command.Stdout, command.Stderr = environment, os.Stdin, os.Stdout, os.Stderr
	err := command.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		os.Exit(failed.ExitCode())
	} else if err == nil {
		os.Exit(0)
	}
	return err
}
