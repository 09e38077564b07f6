package own

import (
	"bytes"
	"encoding/hex"
)

// Types of SMBIOS structures with serials, and where these stand: the offsets of
// the numbers of their strings.
var smbiosStrings = map[byte][]int{
	1: {0x07},       // system: serial
	2: {0x07, 0x08}, // board: serial, asset tag
	3: {0x07, 0x08}, // chassis: the same
}

// smbiosUUID is where the UUID of the system stands.
const smbiosUUID = 0x08

// smbiosSerials returns the serials and the UUID of SMBIOS tables. Tables that
// end before they should have what was read until then.
func smbiosSerials(table []byte) (out []found) {
	for len(table) >= 4 {
		kind, size := table[0], int(table[1])
		if size < 4 || size > len(table) {
			return out
		}
		fixed := table[:size]
		end := bytes.Index(table[size:], []byte{0, 0})
		if end < 0 {
			return out
		}
		strings := bytes.Split(table[size:size+end], []byte{0})
		for _, at := range smbiosStrings[kind] {
			if at < len(fixed) && fixed[at] > 0 && int(fixed[at]) <= len(strings) {
				out = append(out, serial(string(strings[fixed[at]-1]))...)
			}
		}
		if kind == 1 && len(fixed) >= smbiosUUID+16 {
			out = append(out, serial(hex.EncodeToString(fixed[smbiosUUID:smbiosUUID+16]))...)
		}
		table = table[size+end+2:]
	}
	return out
}
