#!/usr/bin/env bash
# Brings the board's fonts and icons into src/Server/wwwroot/vendor. Run it to raise a version or to add an icon, then commit
# what changed. Needs npm, and nothing of npm stays in the repository.
set -euo pipefail

inter=5.3.0
mono=5.3.0
lucide=1.62.0
icons=(
  arrow-right chevron-right circle-check circle-pause clock eye-off fingerprint fold-vertical unfold-vertical git-compare hourglass
  layout-dashboard moon octagon-alert search server skull sun triangle-alert unlink wrench x
)

vendor=$(cd "$(dirname "$0")/.." && pwd)/src/Server/wwwroot/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "@fontsource-variable/inter@$inter" "@fontsource-variable/jetbrains-mono@$mono" "lucide-static@$lucide" >/dev/null
for archive in *.tgz; do
  mkdir "${archive%.tgz}"
  tar -xzf "$archive" -C "${archive%.tgz}" --strip-components=1
done

mkdir -p "$vendor/fonts" "$vendor/icons"
cp fontsource-variable-inter-*/files/inter-latin-wght-normal.woff2 "$vendor/fonts/inter.woff2"
cp fontsource-variable-inter-*/LICENSE "$vendor/fonts/inter.LICENSE.txt"
cp fontsource-variable-jetbrains-mono-*/files/jetbrains-mono-latin-wght-normal.woff2 "$vendor/fonts/jetbrains-mono.woff2"
cp fontsource-variable-jetbrains-mono-*/LICENSE "$vendor/fonts/jetbrains-mono.LICENSE.txt"
cp lucide-static-*/LICENSE "$vendor/icons/lucide.LICENSE.txt"

sprite=$vendor/icons/lucide.svg
{
  echo '<svg xmlns="http://www.w3.org/2000/svg">'
  for icon in "${icons[@]}"; do
    body=$(sed -n '/^>$/,/^<\/svg>$/p' lucide-static-*/icons/"$icon.svg" | sed '1d;$d' | tr -d '\n' | sed 's/  */ /g; s/^ //')
    echo "<symbol id=\"$icon\" viewBox=\"0 0 24 24\">$body</symbol>"
  done
  echo '</svg>'
} >"$sprite"
