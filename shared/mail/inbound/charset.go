package inbound

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
)

// decodeCharset gives UTF-8. Senders often declare less than they use, so bytes
// that are UTF-8 are taken as such under the names that are said without
// thought; what nothing else explains is read as Windows-1252, which maps
// every byte. So the result is always text, if not always the right one.
func decodeCharset(data []byte, label string) string {
	label = strings.ToLower(strings.TrimSpace(label))
	switch label {
	case "us-ascii", "ascii", "utf-8", "utf8", "iso-8859-1", "latin1", "windows-1252":
		if utf8.Valid(data) {
			return string(data)
		}
	default:
		if decoded, err := convert(data, label); err == nil {
			return decoded
		}
		if utf8.Valid(data) {
			return string(data)
		}
	}
	decoded, _ := charmap.Windows1252.NewDecoder().Bytes(data)
	return strings.ToValidUTF8(string(decoded), "\uFFFD")
}

func convert(data []byte, label string) (string, error) {
	r, err := charset.Reader(label, bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	// Three bytes of UTF-8 for one is the worst case.
	decoded, err := io.ReadAll(io.LimitReader(r, 3*maxSource))
	return strings.ToValidUTF8(string(decoded), "\uFFFD"), err
}
