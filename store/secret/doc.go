// Package secret keeps a store's secrets at rest: the private keys of
// envelopes, the months' secret, the vendor's signing key, and what else must
// never lie beside the data. A [Box] is one directory of small files, each
// readable by its owner only, and, with a passphrase, each sealed.
//
// The form of a sealed file (integers big-endian):
//
//	file   = magic 16 | u32 memory KiB | u32 passes | u8 threads | salt 16 | nonce 24 | sealed
//	magic  = "tacit sealed 01\n"
//	key    = argon2id(passphrase, salt, passes, memory, threads, 32)     (RFC 9106)
//	sealed = XChaCha20-Poly1305(key, nonce, content, aad = magic … salt | file's name)
//
// The files of a directory share cost and salt, so that one derivation opens
// them all and a process derives once. The name is part of what is
// authenticated: a file under another one's name does not open.
//
// A plain file of JSON or PEM begins with a SHA-256 of the rest, as a member of
// the object or a line of its own: a flipped bit in a key would else close all
// pages, or open to nobody, without a word. One without is taken as it is.
//
// It promises that a file is replaced whole and synced or stays as it was, also
// on a full disk; that a directory is either all plain or all sealed, and one
// that is neither, as after a crash in [Seal], opens with nothing but a further
// [Seal], which finishes it; and that a file that somebody planted costs at
// most 256 MiB and a second, and 1 MiB of reading.
//
// What belongs to the box is every file with a name that ends in .json or .key.
// Others in the directory are left alone, logs first of all.
package secret
