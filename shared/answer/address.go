package answer

import (
	"regexp"
	"strings"
)

// address is what we write to if somebody types it on a page: the plain form that
// everybody's address has. Others can write to us.
var address = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$`)

// Address reads an address as people type it, its domain in lower case; false for what
// is none.
func Address(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 254 || !address.MatchString(text) {
		return "", false
	}
	local, domain, _ := strings.Cut(text, "@")
	return local + "@" + strings.ToLower(domain), true
}
