#include "options.h"

#include <stdio.h>

/* In two, since a string literal has 4095 characters at most. */
static const char features_help[] =
    "Usage: extract IMAGE|FOLDER|LIST... [options]\n"
    "Extracts multi-scale features from photographs (JPEG or PNG): S2 around a vision transformer or, without --model, around a\n"
    "dense descriptor, which takes the mean colour and a histogram of gradient orientations of every patch. Options named as\n"
    "those of s2wrapper.forward() mean the same.\n"
    "  A FOLDER stands for all .jpg, .jpeg and .png files in it and below, sorted by name; a LIST is a file *.txt, or - for stdin,\n"
    "with a path on each line. Of one IMAGE a .npy file and a picture are written; of all others\n"
    "  - a folder of .npy files, NAME.npy for each image, or\n"
    "  - with --output FILE.safetensors one file, with a tensor NAME for each image;\n"
    "NAME is the image's path from its FOLDER on, its path in its LIST less what leads to the current folder or up from it, or\n"
    "the file name of an IMAGE. Files appear under their names when they are complete, and what is complete is not done again: a\n"
    "run that was ended goes on where it was.\n"
    "\n"
    "  --model FOLDER             CLIP, SigLIP, DINOv2, ViT or DeiT as Hugging Face transformers saves it: config.json,\n"
    "                             preprocessor_config.json, model.safetensors. The photograph is preprocessed as they say\n"
    "  --layer N                  whose output to take: 1 for the first, -1 for the last (default), -2 for the one before\n"
    "  --without-cls              leave out CLS, distillation and register tokens\n"
    "  --final-norm WHICH         default (as transformers' hidden_states and last_hidden_state), on or off\n"
    "  --image-side N             side that the photograph is preprocessed to (default: the largest of --img-sizes, else\n"
    "                             as preprocessor_config.json says)\n"
    "\n"
    "  --scales S,...             factors (default 1,2)\n"
    "  --img-sizes HxW,...        image size of each scale instead; one number for a square\n"
    "  --max-split-size N         side of a tile (default 224, or as preprocessor_config.json says)\n"
    "  --split-mode MODE          resize (default) or pad: how an image is made a multiple of tiles\n"
    "  --resize-output-to-idx N   scale whose feature grid the output has; negative counts from the end\n"
    "                             (default 0, as in the original; -1 gives the sharpest picture)\n"
    "  --output-shape SHAPE       bnc (default) or bchw\n"
    "  --split-forward            one tile of each image per model call\n"
    "  --tiles-per-call N         tiles per model call (default: all tiles of a scale that fit into one buffer)\n"
    "  --patch N                  side of the descriptor's patches, which divides the side of a tile (default 16)\n"
    "  --type TYPE                of the output: f32 (default), f16 or bf16\n"
    "  --output PATH              a .npy file of one image (default features.npy), and of more a folder (default features) or a\n"
    "                             .safetensors file\n"
    "  --device N                 device to run on, as numbered by --list (default: the best one)\n"
    "  --list                     lists the devices\n"
    "  --help\n";

static const char files_help[] =
    "\n"
    "Of one image:\n"
    "  --picture FILE             features in false colours, as .png (default features.png; with --model none): the photograph as\n"
    "                             the model sees it, the first three principal components of each scale, and of all scales\n"
    "  --runs N                   runs it N times and says how long the fastest took (default 1)\n"
    "\n"
    "Of many:\n"
    "  --batch N                  up to N images of one size go through together (default 1)\n"
    "  --shard I/N                takes every N-th image, from the I-th on; I is 1 to N. A safetensors file is then named\n"
    "                             FILE-0000I-of-0000N.safetensors. Default: as the environment says. Slurm's array tasks\n"
    "                             (SLURM_ARRAY_TASK_ID, _MIN, _COUNT, _STEP), each divided again among Open MPI's ranks\n"
    "                             (OMPI_COMM_WORLD_RANK, _SIZE) or, without those, srun's (SLURM_PROCID, SLURM_NTASKS);\n"
    "                             --shard goes before them all, and 1/1 is everything\n"
    "  --decoders N               threads that read images (default: as many as there are cores, at most 8)\n"
    "  --overwrite                does what is complete again\n"
    "  --stats                    says how busy each stage was, and how much memory it took at most\n"
    "\n"
    "Exit status: 0 if done, 1 if something failed, 2 if the command line or the environment is wrong, 3 if all is done but for\n"
    "images that could not be read, which were reported and skipped.\n";

void options_print_help(void) {
  fputs(features_help, stdout);
  fputs(files_help, stdout);
}
