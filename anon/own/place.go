package own

import (
	"bytes"
	"strings"
)

// Words behind which a host or a user is named.
const (
	hostWords = " host hostname host.name nodename rhost lhost node server machine computer computername workstation "
	userWords = " user username user.name user_name user-name userid user_id usr logname ruser luser euser login owner " +
		"account accountname uname uid su chown author committer assignee principal createdby updatedby modifiedby " +
		"--user --username --login --owner "
	homeWords = " home users profiles settings "
	// Words and options that may name a user when one that is about users or
	// logins stands before them on the same line.
	linkWords  = " for by as to of from with - -u -l -r -c -g "
	loginWords = " sshd ssh su sudo doas runuser login logon logged logout logoff signed session sessions auth authentication " +
		"authenticated authorized pam pam_unix password passwords passwd passphrase publickey key keys accepted accept rejected " +
		"granted denied credential credentials account accounts user users mailbox kerberos ldap radius identity impersonate " +
		"impersonating keyboard-interactive psql mysql mysqldump scp sftp rsync crontab access permission ownership owned "
)

// How far is looked back: to the end of a word, over separators, and on a line.
const (
	longestWord   = 20
	maxSeparators = 12
	maxBefore     = 96
)

// named are the separators between such a word and the name.
const named = " \"'`=:([<"

// hostWordBefore finds the words, and the two signs of //host and \\host.
func hostWordBefore(text []byte, from int) bool {
	if from > 1 && text[from-1] == text[from-2] && (text[from-1] == '/' || text[from-1] == '\\') {
		return true
	}
	word, _ := wordBefore(text, from, named)
	return contains(hostWords, word)
}

// userWordBefore finds the words, directories of homes, and a link to a word
// about logins.
func userWordBefore(text []byte, from int) bool {
	word, start := wordBefore(text, from, named)
	if contains(userWords, word) || word == "sudo" && bytes.IndexByte(text[start:from], ':') > 0 {
		return true
	}
	if contains(linkWords, word) && loginBefore(text[:start]) {
		return true
	}
	dir, _ := wordBefore(text, from, `/\`)
	return contains(homeWords, dir)
}

// loginBefore reports whether the end of a line has a word about logins.
func loginBefore(line []byte) bool {
	line = line[max(0, len(line)-maxBefore):]
	if i := bytes.LastIndexByte(line, '\n'); i >= 0 {
		line = line[i:]
	}
	for end := len(line); end > 0; {
		start := end
		for start > 0 && isWordAt(line, start-1) {
			start--
		}
		if start < end && contains(loginWords, folded(line[start:end])) {
			return true
		}
		end = start - 1
	}
	return false
}

// behind are the beginnings of what follows a user's name in lists of who is
// logged in, in sudo's lines and in those of cron.
var behind = []string{"@", "(uid=", " : TTY=", " : user NOT in sudoers", " on pts/", " on tty", " pts/", ") CMD "}

// userSignAround finds name@host, ~name, uid=1000(name), owners in lists of
// files, and the signs of lists of logins.
func userSignAround(text []byte, from, to int) bool {
	rest := text[to:]
	for len(rest) > 1 && rest[0] == ' ' && rest[1] == ' ' {
		rest = rest[1:]
	}
	for _, sign := range behind {
		if bytes.HasPrefix(rest, []byte(sign)) {
			return true
		}
	}
	switch {
	case from == 0:
		return false
	case text[from-1] == '~':
		return true
	case text[from-1] == '(':
		return from > 1 && isDigit(text[from-2])
	case text[from-1] == ':': // its group
		return bytes.HasSuffix(text[:from-1], []byte("<user>")) || from > to-from && bytes.EqualFold(text[2*from-to-1:from-1], text[from:to])
	}
	return ownsFile(text[:from])
}

// ownsFile reports whether a line of ls -l ends before an owner or a group: its
// mode, and the number of links.
func ownsFile(line []byte) bool {
	line = line[max(0, len(line)-maxBefore):]
	f := bytes.Fields(line)
	if n := len(f); n > 2 && !isNumber(f[n-1]) {
		f = f[:n-1] // the owner, before a group
	}
	n := len(f)
	return n >= 2 && line[len(line)-1] == ' ' && isNumber(f[n-1]) && isFileMode(f[n-2])
}

func isNumber(b []byte) bool { return len(bytes.Trim(b, "0123456789")) == 0 }

func isFileMode(b []byte) bool {
	return len(b) >= 10 && len(b) <= 11 && strings.IndexByte("-dlbcps", b[0]) >= 0 && len(bytes.Trim(b[1:10], "rwxsStT-")) == 0
}

// wordBefore returns the word before from, in lower case, and where it begins;
// "" if no separator stands between.
func wordBefore(text []byte, from int, separators string) (word string, start int) {
	end := from
	for end > 0 && from-end < maxSeparators && strings.IndexByte(separators, text[end-1]) >= 0 {
		end--
	}
	if end == from {
		return "", from
	}
	start = end
	for start > 0 && end-start <= longestWord && (isWordAt(text, start-1) || text[start-1] == '.') {
		start--
	}
	return folded(text[start:end]), start
}

func folded(b []byte) string {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = canon[c]
	}
	return string(out)
}

func contains(words, word string) bool {
	return word != "" && strings.Contains(words, " "+word+" ")
}
