package fence

import (
	"encoding/hex"

	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// A tombstone's fingerprint is a keyed hash in the form <version>.<hex>. Tombstones
// are made under every version of the secret that there is, since backups of before its
// change name whom they are of under an old one. Who looks for them looks under every
// version too: a tombstone of before the change has no fingerprint under the new one.

// ScopePrint is the fingerprint of a subject by our own keys: the values of the
// scope's key fields, in the data map's order.
func ScopePrint(keys secrets.Versioned, scope string, values ...string) string {
	return fingerprint(keys, keys.Current(), scopeParts(scope, values))
}

// IdentityPrint is the fingerprint of a subject by a name that late events carry. The
// same name at another business, or in another channel of it, is another subject.
func IdentityPrint(keys secrets.Versioned, scope string, tenant, channel, value string) string {
	return fingerprint(keys, keys.Current(), identityParts(scope, tenant, channel, value))
}

// ScopePrints is [ScopePrint] under every version, the current one first.
func ScopePrints(keys secrets.Versioned, scope string, values ...string) []string {
	return fingerprints(keys, scopeParts(scope, values))
}

// IdentityPrints is [IdentityPrint] under every version, the current one first.
func IdentityPrints(keys secrets.Versioned, scope string, tenant, channel, value string) []string {
	return fingerprints(keys, identityParts(scope, tenant, channel, value))
}

func scopeParts(scope string, values []string) []string {
	return append([]string{"tombstone", "scope", scope}, values...)
}

func identityParts(scope string, tenant, channel, value string) []string {
	return []string{"tombstone", "identity", scope, tenant, channel, value}
}

func fingerprint(keys secrets.Versioned, version string, parts []string) string {
	key, _ := keys.Key(version)
	return version + "." + hex.EncodeToString(secrets.MAC(key, parts...))
}

func fingerprints(keys secrets.Versioned, parts []string) []string {
	var out []string
	for _, version := range keys.Versions() {
		out = append(out, fingerprint(keys, version, parts))
	}
	return out
}
