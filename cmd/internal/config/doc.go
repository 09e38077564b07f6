// Package config reads the configuration files of the daemons, and says what a
// daemon with such a file would contact and where it would listen.
//
// A file is YAML: one key and its value a line, some keys with keys of their
// own below them. It is read strictly: an unknown key, a key that is there
// twice, a value of another type, a second document, or an alias is refused.
// An error names the file, the line, the column and the key, and never a value
// or an unknown key, because either may be a secret in the wrong place; a hint
// says how the value is written, or where it comes from. A file longer than
// [MaxLen] is refused. Nothing is looked up, contacted or written.
package config

// MaxLen bounds a configuration file, in bytes.
const MaxLen = 64 << 10

// Key is one key of a file.
type Key struct {
	// Name is the key as it is written.
	Name string
	// Into points to where the value goes: *string, *bool, *int,
	// *time.Duration, *[]URL, *[]Address, *[]Secret, *[]Path, *[][]Path, a [*Section], or any
	// [encoding.TextUnmarshaler]; an error of the last may be a
	// [*cli.Hinted], which then wins over Hint.
	Into any
	// Need refuses a file, or a section, without the key.
	Need bool
	// Hint says how the value is written, or where it comes from. "": what the
	// type of Into says.
	Hint string
}

// Section is a key with keys of its own below it.
type Section struct {
	Keys []Key
	// There says, after reading, that the file has the section.
	There bool
}
