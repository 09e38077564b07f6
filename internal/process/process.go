package process

import "fmt"

// KeepSecrets keeps this process from leaving a core file. Call it first in
// main. A second call changes nothing. After an error the process may leave
// one: say so and go on.
func KeepSecrets() error {
	if err := undumpable(); err != nil {
		return fmt.Errorf("keep memory out of core files: %w", err)
	}
	return nil
}
